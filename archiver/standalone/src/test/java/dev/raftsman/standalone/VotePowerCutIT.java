package dev.raftsman.standalone;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.raftsman.raft.VoteGiver;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Properties;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The power goes right after a vote was answered: whoever asks in that term afterwards must find it given.
 *
 * <p>{@code -Draftsman.matrix=N}: so many cuts, and the engine alone beside it, which forgets.
 */
class VotePowerCutIT {
    private static final int ROUNDS = Integer.getInteger("raftsman.matrix", 0);

    @RegisterExtension
    final TestDirectory directory = new TestDirectory();

    @ParameterizedTest
    @EnumSource(LoopDisk.Type.class)
    void aVoteThatWasAnsweredIsThereAfterAPowerCut(LoopDisk.Type type) throws Exception {
        try (LoopDisk disk = disk(type)) {
            for (int term = 1; term <= Math.max(1, ROUNDS); term++) {
                String candidate = term % 2 == 0 ? "n2" : "n3";
                assertThat(answerThenCut(disk, "ours", term, candidate)).isEqualTo(term + " " + candidate);
                // And so the other one is refused.
                assertThat(ask(disk, "ours", term, term % 2 == 0 ? "n3" : "n2")).isEqualTo("refused in term " + term);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(LoopDisk.Type.class)
    void theEngineAloneForgetsSome(LoopDisk.Type type) throws Exception {
        assumeTrue(ROUNDS > 0, "skipped: only with -Draftsman.matrix=N");
        try (LoopDisk disk = disk(type)) {
            int forgotten = 0;
            for (int term = 1; term <= ROUNDS; term++) {
                forgotten += answerThenCut(disk, "engine", term, "n2").equals(term + " n2") ? 0 : 1;
            }
            System.out.println(type + ": votes forgotten by the engine alone: " + forgotten + " of " + ROUNDS);
            assertThat(forgotten)
                    .as("if none, DurableVotes may be needless now")
                    .isPositive();
        }
    }

    private LoopDisk disk(LoopDisk.Type type) throws IOException {
        assumeTrue(LoopDisk.unavailable(type) == null, "skipped: no loop mount: " + LoopDisk.unavailable(type));
        LoopDisk disk = LoopDisk.create(directory.path(), type.toString(), 512, type);
        assumeTrue(disk != null, "skipped: the kernel does not mount " + type + " here");
        return disk;
    }

    /** @return term and vote on the disk after the cut */
    private String answerThenCut(LoopDisk disk, String how, int term, String candidate) throws Exception {
        assertThat(ask(disk, how, term, candidate)).isEqualTo("granted in term " + term);
        disk.cutPower();
        Path meta = VoteGiver.meta(disk.path().resolve("raft"));
        if (!Files.exists(meta)) {
            return "none";
        }
        Properties found = new Properties();
        try (BufferedReader in = Files.newBufferedReader(meta)) {
            found.load(in);
        }
        return found.getProperty("term") + " " + found.getProperty("votedFor");
    }

    /** Asks a member that starts for this, and kills it when it has answered. */
    private String ask(LoopDisk disk, String how, int term, String candidate) throws Exception {
        Path said = directory.path().resolve("vote-giver.log");
        Process member = new ProcessBuilder(List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        VoteGiver.class.getName(),
                        disk.path().resolve("raft").toString(),
                        Integer.toString(FreePorts.pick(1).get(0)),
                        how,
                        Integer.toString(term),
                        candidate))
                .redirectError(ProcessBuilder.Redirect.appendTo(said.toFile()))
                .start();
        try (BufferedReader out = member.inputReader(StandardCharsets.US_ASCII)) {
            String line;
            do {
                line = out.readLine();
            } while (line != null && !line.contains("in term"));
            return line;
        } finally {
            member.destroyForcibly().waitFor();
        }
    }
}
