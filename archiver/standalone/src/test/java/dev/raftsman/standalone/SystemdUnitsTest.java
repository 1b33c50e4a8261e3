package dev.raftsman.standalone;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SystemdUnitsTest {
    @TempDir
    Path dir;

    @Test
    void unitsAreWhatSystemdUnderstands() throws IOException {
        assumeTrue(Checkout.has("systemd-analyze"), "skipped: systemd-analyze is not installed");
        Ran verified = Ran.command(analyze("verify"));
        assertThat(verified.error() + verified.output()).isEmpty();
        assertThat(verified.exitCode()).isZero();
    }

    @Test
    void unitsAreHardened() throws IOException {
        assumeTrue(Checkout.has("systemd-analyze"), "skipped: systemd-analyze is not installed");
        // 100 is a bare unit; about 13 is what these reach.
        Ran judged = Ran.command(analyze("security", "--offline=true", "--threshold=20"));
        assertThat(judged.exitCode()).as(judged.output()).isZero();
    }

    /** The installed path of the command becomes this checkout's: systemd looks whether it can be run. */
    private String[] analyze(String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of("systemd-analyze"));
        command.addAll(List.of(arguments));
        Path root = Checkout.root();
        try (Stream<Path> units = Files.list(root.resolve("systemd"))) {
            for (Path unit : units.filter(file -> file.toString().endsWith(".service"))
                    .sorted()
                    .toList()) {
                Path copy = dir.resolve(unit.getFileName().toString());
                Files.writeString(
                        copy,
                        Files.readString(unit)
                                .replace(
                                        "/usr/bin/raftsman",
                                        root.resolve("raftsman").toString()));
                command.add(copy.toString());
            }
        }
        assertThat(command).hasSizeGreaterThanOrEqualTo(4);
        return command.toArray(String[]::new);
    }
}
