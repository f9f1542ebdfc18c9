package io.lssgen.cli;

import io.lssgen.errors.LssGenException;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Tries out, one by one, what making a picture needs. */
@Command(
    name = "doctor",
    description = "Checks whether this machine can make pictures, and what slows it down.",
    mixinStandardHelpOptions = true)
final class DoctorCommand implements Callable<Integer> {

  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    return run(HealthChecks.ALL, spec.commandLine().getOut());
  }

  /** Runs the checks in their order; one that fails does not keep the others from running. */
  static int run(List<HealthCheck> checks, PrintWriter out) {
    int failed = 0;
    for (HealthCheck check : checks) {
      HealthCheck.Finding finding = find(check);
      out.printf("%-5s %-14s %s%n", finding.grade().label(), check.name(), finding.text());
      out.flush();
      if (finding.grade() == HealthCheck.Grade.FAILED) {
        failed++;
      }
    }
    out.println(failed == 0 ? "ready to make pictures" : failed + " check(s) failed");
    out.flush();
    return failed == 0 ? ExitCode.OK : ExitCode.FAILURE;
  }

  private static HealthCheck.Finding find(HealthCheck check) {
    try {
      return check.look().call();
    } catch (LssGenException e) {
      return HealthCheck.failed(e.getMessage());
    } catch (Exception | LinkageError e) {
      return HealthCheck.failed(e.toString());
    }
  }
}
