package io.lssgen.scenes;

import java.util.ArrayList;
import java.util.List;

/**
 * Places for the objects of a scene: jittered, apart from each other and within the frame. Each
 * method returns squares as {@link Place}s in the order of the objects.
 */
final class SceneLayout {
  /** A place without its object. */
  record Place(double x, double y, double size) {
    PlacedObject with(String object) {
      return new PlacedObject(object, x, y, size);
    }

    /** The same place with the axes exchanged. */
    Place transposed() {
      return new Place(y, x, size);
    }
  }

  private static final double MARGIN = 0.02;
  private static final double GAP = 0.03;

  private SceneLayout() {}

  /** One object of a size class, anywhere around the centre that keeps it within the frame. */
  static Place single(SceneSize size, SceneRandom random) {
    double side = random.uniform(size.least(), size.most());
    double room = Math.min(0.16, (1 - side) / 2 - MARGIN);
    return new Place(0.5 + random.uniform(-room, room), 0.5 + random.uniform(-room, room), side);
  }

  /** Two objects, the first left of the second, their heights differing by little. */
  static List<Place> pair(SceneRandom random) {
    return row(List.of(random.uniform(0.35, 0.42), random.uniform(0.35, 0.42)), 0.08, random);
  }

  /** Two to four of a kind, of nearly the same size. */
  static List<Place> count(int count, SceneRandom random) {
    return switch (count) {
      case 2 -> two(random);
      case 3 -> random.chance(0.5) ? row(sides(3, 0.26, 0.29, random), 0.1, random) : three(random);
      case 4 -> grid(sides(4, 0.29, 0.37, random), random);
      default -> throw new IllegalArgumentException("a count of 2 to 4 was wanted, found " + count);
    };
  }

  /** Two of a kind and, last, one of another to their right. */
  static List<Place> group(SceneRandom random) {
    if (random.chance(0.5)) {
      return row(sides(3, 0.26, 0.29, random), 0.05, random);
    }
    List<Double> sides = sides(3, 0.32, 0.38, random); // the two stacked, the third beside them
    List<Place> column = stacked(row(sides.subList(0, 2), 0.03, random));
    Place upper = column.get(0);
    Place lower = column.get(1);
    double left = Math.max(upper.x + upper.size / 2, lower.x + lower.size / 2) + 1.5 * GAP;
    double shift = Math.max(0, left + sides.get(2) - (1 - MARGIN));
    double side = sides.get(2);
    double x = random.uniform(left - shift, 1 - MARGIN - side) + side / 2;
    Place beside = new Place(x, 0.5 + random.uniform(-0.06, 0.06), side);
    return List.of(moved(upper, -shift), moved(lower, -shift), beside);
  }

  private static Place moved(Place place, double dx) {
    return new Place(place.x + dx, place.y, place.size);
  }

  private static List<Place> stacked(List<Place> row) {
    // A column a little left of the middle leaves room for what comes beside it.
    return row.stream().map(Place::transposed).map(place -> moved(place, -0.18)).toList();
  }

  private static List<Place> two(SceneRandom random) {
    List<Double> sides = sides(2, 0.33, 0.40, random);
    double kind = random.uniform();
    if (kind < 0.7) {
      return row(sides, 0.08, random);
    }
    if (kind < 0.85) {
      return row(sides, 0.08, random).stream().map(Place::transposed).toList();
    }
    List<Place> four =
        grid(List.of(sides.get(0), sides.get(1), sides.get(0), sides.get(1)), random);
    return random.chance(0.5) // a diagonal
        ? List.of(four.get(0), four.get(3))
        : List.of(four.get(1), four.get(2));
  }

  /** Two in one row and one below or above between them. */
  private static List<Place> three(SceneRandom random) {
    List<Place> four = grid(sides(4, 0.30, 0.37, random), random);
    boolean pointsUp = random.chance(0.5);
    Place alone = four.get(pointsUp ? 0 : 3);
    Place middle = new Place(0.5 + random.uniform(-0.06, 0.06), alone.y, alone.size);
    return pointsUp
        ? List.of(middle, four.get(2), four.get(3))
        : List.of(four.get(0), four.get(1), middle);
  }

  /** Objects from left to right with random gaps; heights around the middle, at most so far off. */
  private static List<Place> row(List<Double> sides, double offMiddle, SceneRandom random) {
    double used = 2 * MARGIN + GAP * (sides.size() - 1);
    for (double side : sides) {
      used += side;
    }
    double[] spare = shares(1 - used, sides.size() + 1, random);
    List<Place> places = new ArrayList<>();
    double left = MARGIN;
    double common = random.uniform(-offMiddle, offMiddle);
    for (int i = 0; i < sides.size(); i++) {
      left += spare[i];
      double side = sides.get(i);
      double y = 0.5 + common + random.uniform(-0.5, 0.5) * offMiddle;
      places.add(new Place(left + side / 2, y, side));
      left += side + GAP;
    }
    return places;
  }

  /** Four cells of a half frame each, row by row, each object somewhere in its cell. */
  private static List<Place> grid(List<Double> sides, SceneRandom random) {
    List<Place> places = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      double side = sides.get(i);
      places.add(new Place(inCell(i % 2, side, random), inCell(i / 2, side, random), side));
    }
    return places;
  }

  private static double inCell(int cell, double side, SceneRandom random) {
    double from = (cell == 0 ? MARGIN : 0.5 + GAP / 2) + side / 2;
    double to = (cell == 0 ? 0.5 - GAP / 2 : 1 - MARGIN) - side / 2;
    double middle = (from + to) / 2;
    return middle + random.uniform(-1, 1) * Math.min((to - from) / 2, 0.05);
  }

  /** Sizes that differ from each other by at most a tenth. */
  private static List<Double> sides(int count, double least, double most, SceneRandom random) {
    double common = random.uniform(least, most);
    List<Double> sides = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      sides.add(Math.min(most, Math.max(least, common * random.uniform(0.95, 1.05))));
    }
    return sides;
  }

  /** Splits a length into random parts, none more than about twice another's expected share. */
  private static double[] shares(double length, int parts, SceneRandom random) {
    double[] shares = new double[parts];
    double sum = 0;
    for (int i = 0; i < parts; i++) {
      shares[i] = random.uniform(0.5, 1.5);
      sum += shares[i];
    }
    for (int i = 0; i < parts; i++) {
      shares[i] *= length / sum;
    }
    return shares;
  }
}
