package dev.raftsman.sidecar;

import static org.assertj.core.api.Assertions.assertThat;

import dev.raftsman.sidecar.RotationTorture.Result;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Files are rotated in every way of {@link Rotation} while they are written and read. Each line that could be read
 * arrives once, whole, with the empty lines behind it, and in order: within a file, and from file to file of one name.
 *
 * <p>A line may be missing only if no reader could have had it for certain:
 *
 * <ul>
 *   <li>written between a copy and the emptying of the original (copytruncate): it is in neither;
 *   <li>of a file that was emptied without a copy, not arrived at that moment;
 *   <li>of a file whose last name was deleted, or written to it later, unless a line that was written to it after the
 *       agent's last start had arrived before: that line proves that this run of the agent had the file open, and then
 *       nothing is excused until that run is killed;
 *   <li>behind a symbolic link that was switched before any line of its target had arrived: nothing leads from the name
 *       to that file any more. A target of which a line was read is known by its inode.
 * </ul>
 *
 * No name is rotated before the first line under it has arrived, since what lies rotated beside a name that the agent has
 * never read is not the agent's.
 *
 * <p>Renamed and compressed files that still lie beside the name are never an excuse, whether the agent ran or not. What may
 * be missing may arrive as well, then it counts as the others do. The order of two files of one name is open only if the
 * older one was written again after a pause of more than half of the input's {@code idle}.
 *
 * <p>{@code -Draftsman.torture=10} for ten longer seeds of each, {@code -Draftsman.seed} to begin with a certain one,
 * {@code -Draftsman.torture.kinds=RENAME,DELETE} for some rotations only.
 */
@Tag("long")
class RotationTortureTest {
    private static final int SEEDS = Integer.getInteger("raftsman.torture", 0);
    private static final Duration WRITING =
            Duration.ofSeconds(Integer.getInteger("raftsman.torture.seconds", SEEDS == 0 ? 3 : 20));

    @TempDir
    Path directory;

    private static Set<Rotation> kinds() {
        String named = System.getProperty("raftsman.torture.kinds", "");
        EnumSet<Rotation> kinds = EnumSet.noneOf(Rotation.class);
        Arrays.stream(named.split(","))
                .filter(kind -> !kind.isEmpty())
                .forEach(kind -> kinds.add(Rotation.valueOf(kind)));
        return kinds.isEmpty() ? EnumSet.allOf(Rotation.class) : kinds;
    }

    @ParameterizedTest(name = "agent is killed: {0}")
    @ValueSource(booleans = {false, true})
    void eachLineThatCouldBeReadArrivesOnceWholeAndInOrder(boolean kills) throws Exception {
        Random seeds = new Random();
        List<Result> results = new ArrayList<>();
        System.err.println(Result.heading() + (kills ? ", agent killed" : ""));
        for (int i = 0; i < Math.max(1, SEEDS); i++) {
            Long given = Long.getLong("raftsman.seed");
            long seed = given != null ? given + i : seeds.nextLong() >>> 1;
            Path place = Files.createDirectory(directory.resolve("seed-" + i));
            Result result = RotationTorture.run(place, seed, WRITING, kinds(), kills);
            System.err.println(result.row());
            results.add(result);
        }
        List<String> problems = new ArrayList<>();
        for (Result result : results) {
            if (!result.problems().isEmpty()) {
                problems.add("-Draftsman.seed=" + result.seed() + "\n" + String.join("\n", result.problems()));
            }
            assertThat(result.arrived()).isGreaterThan(result.offered() / 2);
        }
        assertThat(problems).isEmpty();
    }
}
