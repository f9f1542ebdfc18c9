package io.lssgen;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.GeneralCodingRules.NO_CLASSES_SHOULD_ACCESS_STANDARD_STREAMS;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaPackage;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.core.importer.Location;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.NullMarked;

/** Holds the packages to the import directions that the architecture gives them. */
@AnalyzeClasses(packages = "io.lssgen", importOptions = ArchitectureTest.MainClasses.class)
class ArchitectureTest {

  /** ArchUnit's own filter knows the folder target alone; a build can be told to use another. */
  static final class MainClasses implements ImportOption {
    @Override
    public boolean includes(Location location) {
      return !location.contains("/test-classes/");
    }
  }

  private static final String ROOT = "io.lssgen";

  /**
   * Who may import whom: first-level package, then the first-level packages it may import. A new
   * package gets a line here. The root package itself holds the facade and may import everything.
   */
  private static final Map<String, List<String>> MAY_IMPORT = mayImport();

  private static Map<String, List<String>> mayImport() {
    List<String> leaf = List.of("errors", "files");
    List<String> weights = with(leaf, "tensor", "nn");
    List<String> model = with(weights, "weights", "text", "image", "lora");
    List<String> hub = with(leaf, "weights", "model");
    List<String> scaling = with(model, "model");
    List<String> sampling = with(scaling, "schedule", "scaling");
    List<String> pipeline = with(sampling, "sampling", "hub");
    List<String> eval = with(pipeline, "pipeline", "scenes");

    Map<String, List<String>> rules = new HashMap<>();
    rules.put("errors", List.of());
    rules.put("files", List.of("errors"));
    rules.put("image", leaf);
    rules.put("text", leaf);
    rules.put("scenes", with(leaf, "image", "text"));
    rules.put("tensor", leaf);
    rules.put("nn", with(leaf, "tensor"));
    rules.put("weights", weights);
    rules.put("lora", with(weights, "weights"));
    rules.put("model", model);
    rules.put("hub", hub);
    rules.put("schedule", with(weights, "weights"));
    rules.put("scaling", scaling);
    rules.put("sampling", sampling);
    rules.put("pipeline", pipeline);
    rules.put("eval", eval);
    rules.put("train", with(eval, "eval"));
    return rules;
  }

  private static List<String> with(List<String> packages, String... more) {
    return Stream.concat(packages.stream(), Arrays.stream(more)).toList();
  }

  @ArchTest
  static final ArchRule onlyTensorTouchesTheNativeBinding =
      noClasses()
          .that()
          .resideOutsideOfPackage(ROOT + ".tensor..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("org.bytedeco..")
          .because("native memory is tamed in one place: call io.lssgen.tensor instead");

  @ArchTest
  static final ArchRule packagesAreFreeOfCycles =
      slices().matching(ROOT + ".(*)..").should().beFreeOfCycles();

  @ArchTest
  static final ArchRule theLibraryDoesNotPrint =
      NO_CLASSES_SHOULD_ACCESS_STANDARD_STREAMS.because(
          "the library speaks through results, listeners and exceptions");

  @ArchTest
  static void importsRunOneWay(JavaClasses classes) {
    TreeSet<String> violations = new TreeSet<>();
    for (JavaClass origin : classes) {
      String from = layer(origin);
      if (from.isEmpty()) {
        continue;
      }
      List<String> allowed = MAY_IMPORT.get(from);
      if (allowed == null) {
        violations.add("io.lssgen." + from + " has no line in this test's table of imports");
        continue;
      }
      for (Dependency dependency : origin.getDirectDependenciesFromSelf()) {
        JavaClass target = dependency.getTargetClass().getBaseComponentType();
        String to = layer(target);
        boolean ours = target.getPackageName().startsWith(ROOT);
        if (ours && !to.equals(from) && !allowed.contains(to)) {
          violations.add(from + " may not import " + target.getName() + ": " + origin.getName());
        }
      }
    }
    assertThat(violations).isEmpty();
  }

  @ArchTest
  static void everyPackageIsDocumentedAndNullMarked(JavaClasses classes) {
    TreeSet<String> violations = new TreeSet<>();
    for (JavaClass each : classes) {
      JavaPackage itsPackage = each.getPackage();
      if (!itsPackage.isAnnotatedWith(NullMarked.class)) {
        violations.add(itsPackage.getName() + " has no package-info with @NullMarked");
      }
    }
    assertThat(violations).isEmpty();
  }

  /** First-level package below the root: "model" for io.lssgen.model.flux, "" for the root. */
  private static String layer(JavaClass javaClass) {
    String name = javaClass.getPackageName();
    if (!name.startsWith(ROOT + ".")) {
      return "";
    }
    String below = name.substring(ROOT.length() + 1);
    int dot = below.indexOf('.');
    return dot < 0 ? below : below.substring(0, dot);
  }
}
