package io.lssgen.server;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaMethodCall;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import io.javalin.http.Context;
import io.lssgen.server.http.Guard;
import java.net.Socket;
import java.net.URL;
import java.security.MessageDigest;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What no request could prove, read from the compiled code. */
class SafetyRulesTest {
  private static final JavaClasses SERVER =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("io.lssgen.server");

  @Test
  void keysAreComparedInConstantTime() {
    List<String> calls =
        SERVER
            .get(Guard.class)
            .getMethod("checkKey", Context.class, byte[].class)
            .getMethodCallsFromSelf()
            .stream()
            .map(JavaMethodCall::getTarget)
            .map(target -> target.getOwner().getName() + "." + target.getName())
            .toList();

    assertThat(calls)
        .contains(MessageDigest.class.getName() + ".isEqual")
        .noneMatch(call -> call.endsWith(".equals") || call.endsWith(".compareTo"));
  }

  @Test
  void nothingIsFetched() {
    noClasses()
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("java.net.http", "org.eclipse.jetty.client..")
        .orShould()
        .callMethod(URL.class, "openStream")
        .orShould()
        .callMethod(URL.class, "openConnection")
        .orShould()
        .dependOnClassesThat()
        .areAssignableTo(Socket.class)
        .check(SERVER);
  }
}
