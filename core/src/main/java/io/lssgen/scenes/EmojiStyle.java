package io.lssgen.scenes;

/** The two kinds of artwork a scene can be drawn with. */
public enum EmojiStyle {
  /** Noto Emoji: shaded; what a caption without a style means. */
  NOTO("noto"),
  /** Fluent Emoji Flat: plain areas of colour; captions say "in flat style". */
  FLAT("fluent-emoji-flat");

  private final String iconSet;

  EmojiStyle(String iconSet) {
    this.iconSet = iconSet;
  }

  /** Name of the icon set, also of the folder that holds its {@code icons.json}. */
  public String iconSet() {
    return iconSet;
  }
}
