package io.lssgen.scenes;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import com.github.weisj.jsvg.SVGDocument;
import com.github.weisj.jsvg.parser.LoaderContext;
import com.github.weisj.jsvg.parser.SVGLoader;
import com.github.weisj.jsvg.view.ViewBox;
import io.lssgen.errors.LssGenException;
import java.awt.Component;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;

/**
 * The drawings of all objects of a vocabulary in both styles, as rasters of power-of-two sides. A
 * drawing is cut to what is painted and centred in a square whose side is the longer one, so that
 * an object's size in a scene is its visible size. Rasters are made on demand and kept while they
 * fit the cache. Thread-safe.
 */
public final class EmojiArtwork {
  /** Smallest side at which drawings are made. */
  static final int SMALLEST_SIDE = 32;

  /**
   * Up to this side, drawings are made at twice their side and averaged: no seams between areas.
   */
  private static final int LARGEST_SUPERSAMPLED = 512;

  private static final int BOUNDS_SIDE = 256;
  private static final int VISIBLE_ALPHA = 24;
  private static final long DEFAULT_CACHE_BYTES = 256L << 20;

  static {
    // Drawing needs no display; without this a server with a broken DISPLAY fails.
    System.setProperty("java.awt.headless", "true");
  }

  private record Key(String object, EmojiStyle style, int side) {}

  private record IconKey(String object, EmojiStyle style) {}

  private final Map<EmojiStyle, IconSet> sets;
  private final Map<IconKey, SVGDocument> documents = new ConcurrentHashMap<>();
  private final Map<Key, Raster> rasters = new LinkedHashMap<>(64, 0.75f, true);
  private final long cacheBytes;
  private long cachedBytes;

  private EmojiArtwork(Map<EmojiStyle, IconSet> sets, long cacheBytes) {
    this.sets = sets;
    this.cacheBytes = cacheBytes;
  }

  /**
   * Reads the icons of a vocabulary.
   *
   * @param folder holds {@code noto/icons.json} and {@code fluent-emoji-flat/icons.json}, as {@code
   *     tools/fetch-emoji.sh} leaves them
   * @throws LssGenException if a file or an icon is missing
   */
  public static EmojiArtwork load(Path folder, SceneVocabulary vocabulary) {
    return load(folder, vocabulary, DEFAULT_CACHE_BYTES);
  }

  /** As {@link #load(Path, SceneVocabulary)}, keeping rasters of at most so many bytes. */
  public static EmojiArtwork load(Path folder, SceneVocabulary vocabulary, long cacheBytes) {
    requireNonNull(folder, "folder is null");
    Map<EmojiStyle, IconSet> sets = new EnumMap<>(EmojiStyle.class);
    for (EmojiStyle style : EmojiStyle.values()) {
      Set<String> wanted =
          vocabulary.objects().stream()
              .flatMap(object -> java.util.stream.Stream.ofNullable(object.icons()))
              .map(icons -> icons.in(style))
              .collect(Collectors.toSet());
      sets.put(style, IconSet.read(folder.resolve(style.iconSet()).resolve("icons.json"), wanted));
    }
    return new EmojiArtwork(sets, cacheBytes);
  }

  /**
   * Where {@code tools/fetch-emoji.sh} puts the artwork by default: {@code emoji} in the folder
   * named by the environment variable {@code LSSGEN_CACHE}, or in {@code ~/.cache/lssgen}.
   */
  public static Path defaultFolder() {
    String cache = System.getenv("LSSGEN_CACHE");
    return cache == null || cache.isEmpty()
        ? Path.of(System.getProperty("user.home"), ".cache", "lssgen", "emoji")
        : Path.of(cache, "emoji");
  }

  /** The smallest raster of an object whose side is a power of two and at least {@code side}. */
  Raster raster(SceneObject object, EmojiStyle style, double side) {
    int level = SMALLEST_SIDE;
    while (level < side) {
      level *= 2;
    }
    Key key = new Key(object.id(), style, level);
    synchronized (rasters) {
      Raster cached = rasters.get(key);
      if (cached != null) {
        return cached;
      }
    }
    Raster drawn = draw(object, style, level); // outside the lock: at worst drawn twice
    synchronized (rasters) {
      if (rasters.put(key, drawn) == null) {
        cachedBytes += 4L * drawn.argb().length;
      }
      var oldest = rasters.entrySet().iterator();
      while (cachedBytes > cacheBytes && oldest.hasNext()) {
        cachedBytes -= 4L * oldest.next().getValue().argb().length;
        oldest.remove();
      }
    }
    return drawn;
  }

  private Raster draw(SceneObject object, EmojiStyle style, int side) {
    boolean supersampled = side <= LARGEST_SUPERSAMPLED;
    int drawnSide = supersampled ? 2 * side : side;
    Raster raster;
    if (object.shape() != null) {
      BufferedImage image = canvas(drawnSide);
      Graphics2D graphics = graphics(image);
      ShapeArtwork.draw(graphics, object.shape(), style, drawnSide);
      graphics.dispose();
      raster = Raster.of(image);
    } else {
      raster = render(document(object, style), drawnSide);
    }
    return supersampled ? raster.half() : raster;
  }

  private SVGDocument document(SceneObject object, EmojiStyle style) {
    return documents.computeIfAbsent(
        new IconKey(object.id(), style), key -> trimmed(object, style));
  }

  private SVGDocument trimmed(SceneObject object, EmojiStyle style) {
    SceneObject.Icons icons = requireNonNull(object.icons(), "not an icon");
    IconSet.Icon icon = requireNonNull(sets.get(style)).icon(icons.in(style));
    String whole = icon.svg(icon.left(), icon.top(), icon.width(), icon.height());
    Bounds visible = Bounds.of(render(parse(whole, object), BOUNDS_SIDE), VISIBLE_ALPHA);
    double scaleX = icon.width() / BOUNDS_SIDE;
    double scaleY = icon.height() / BOUNDS_SIDE;
    double side = Math.max(visible.width() * scaleX, visible.height() * scaleY);
    double x = icon.left() + (visible.x() + visible.width() / 2.0) * scaleX - side / 2;
    double y = icon.top() + (visible.y() + visible.height() / 2.0) * scaleY - side / 2;
    return parse(icon.svg(x, y, side, side), object);
  }

  private static SVGDocument parse(String svg, SceneObject object) {
    // A loader is not safe to share between threads.
    SVGDocument document =
        new SVGLoader()
            .load(
                new ByteArrayInputStream(svg.getBytes(UTF_8)), null, LoaderContext.createDefault());
    if (document == null) {
      throw new LssGenException("emoji artwork: the icon of \"" + object.id() + "\" is not an SVG");
    }
    return document;
  }

  private static Raster render(SVGDocument document, int side) {
    BufferedImage image = canvas(side);
    Graphics2D graphics = graphics(image);
    synchronized (document) { // rendering keeps state in the document's gradients and clips
      document.render((Component) null, graphics, new ViewBox(0, 0, side, side));
    }
    graphics.dispose();
    return Raster.of(image);
  }

  private static BufferedImage canvas(int side) {
    return new BufferedImage(side, side, BufferedImage.TYPE_INT_ARGB_PRE);
  }

  private static Graphics2D graphics(BufferedImage image) {
    Graphics2D graphics = image.createGraphics();
    graphics.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
    graphics.setRenderingHint(RenderingHints.KEY_STROKE_CONTROL, RenderingHints.VALUE_STROKE_PURE);
    return graphics;
  }
}
