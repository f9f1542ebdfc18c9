package io.lssgen.image;

import java.util.Map;

/**
 * The statement that a picture was made by a trained model, in the form in which the IPTC asks for
 * it and search engines read it: an XMP packet with a digital source type. Source: <a
 * href="https://cv.iptc.org/newscodes/digitalsourcetype/">IPTC digital source types</a>.
 */
public final class AiDisclosure {

  /** Keyword of the PNG text that holds an XMP packet, given by the XMP specification, part 3. */
  public static final String XMP_KEYWORD = "XML:com.adobe.xmp";

  /** What the picture is said to be: made by a model trained on sampled content. */
  public static final String SOURCE_TYPE =
      "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia";

  /** The same of a picture that began with another: edited by such a model. */
  public static final String EDITED_TYPE =
      "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia";

  private static final String XMP =
      """
      <?xpacket begin="\uFEFF" id="W5M0MpCehiHzreSzNTczkc9d"?>
      <x:xmpmeta xmlns:x="adobe:ns:meta/">
       <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
        <rdf:Description rdf:about=""
          xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
          Iptc4xmpExt:DigitalSourceType="%s"/>
       </rdf:RDF>
      </x:xmpmeta>
      <?xpacket end="r"?>""";

  private AiDisclosure() {}

  /**
   * The statement as a PNG text.
   *
   * @param settings the picture's, which say whether it began with another; empty: unknown
   */
  public static PngText toPngText(Map<String, String> settings) {
    boolean edited = settings.containsKey(GenerationMetadata.STRENGTH);
    return PngText.international(XMP_KEYWORD, XMP.formatted(edited ? EDITED_TYPE : SOURCE_TYPE));
  }
}
