package dev.raftsman.bundle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.raftsman.bundle.Application.Run;
import dev.raftsman.wal.WalDirectory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A container: the application is process 1, is killed, and starts as process 1 again over the same directory. */
class SameProcessIdIT {
    private static final int EVENTS = 500;
    private static final int KILLED = 128 + 9;

    @TempDir
    Path root;

    @Test
    void aContainerStartsAgainOverTheLogOfItsDeadPredecessor() {
        Application application = Framework.LOGBACK.loggingApplication(root, false);
        Run first = application.run(asProcessOne(application, "shop.KilledTill"));
        assumeTrue(!first.threads().isEmpty(), "skipped: no process namespace may be made here: " + first.error());
        assertThat(first.exitCode()).as(first.error()).isEqualTo(KILLED);
        assertThat(first.threads()).contains("thread process 1");
        assertThat(application.stored()).isEqualTo(EVENTS);
        Run second = application.run(asProcessOne(application, "shop.Slf4jTill"));

        assertThat(second.exitCode()).as(second.error()).isZero();
        assertThat(second.error()).isEqualTo("closed\n");
        assertThat(application.stored()).isEqualTo(2 * EVENTS);
        assertThat(WalDirectory.list(application.wal())).hasSize(2).noneMatch(WalDirectory::writerAlive);
    }

    private static List<String> asProcessOne(Application application, String main) {
        List<String> command = new ArrayList<>(List.of("unshare", "--pid", "--fork", "--mount-proc"));
        command.addAll(application.command(
                Jdk.of(17), main, "" + EVENTS, application.report().toString(), Application.WRITING));
        return command;
    }
}
