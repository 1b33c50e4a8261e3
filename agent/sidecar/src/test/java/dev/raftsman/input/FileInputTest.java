package dev.raftsman.input;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** How files are followed: lines, rotation, restarts. */
class FileInputTest extends FilesOnDisk {
    @Test
    void sendsALineAtOnceWhileThereIsLittleToDo() throws IOException {
        open("*.log");
        write("a.log", "");
        pass(600);
        write("a.log", "one\n");
        pass(60);
        assertThat(sink.text("a.log")).isEqualTo("one\n");
    }

    @Test
    void gathersLinesUntilTheLingerIsOverWhenManyFilesGrow() throws IOException {
        open("*.log");
        for (int round = 0; round < 10; round++) {
            for (int file = 0; file < 100; file++) {
                write("f" + file + ".log", "line " + round + "\n");
            }
            pass(100);
        }
        pass(300);
        for (int file = 0; file < 100; file++) {
            assertThat(sink.next).containsEntry("f" + file + ".log", 10L);
        }
        assertThat(sink.blocks).hasSizeBetween(100, 700);
    }

    @Test
    void makesFullBlocksOfWholeLinesAtOnce() throws IOException {
        String text = lines(0, 5000);
        write("a.log", text);
        open("*.log");
        while (input.step(now)) {
            continue;
        }
        assertThat(sink.blocks).hasSizeGreaterThan(5).allMatch(block -> block.rawBytes() <= BLOCK_BYTES);
        pass(300);
        assertThat(sink.text("a.log")).isEqualTo(text);
        assertThat(sink.next).containsEntry("a.log", 5000L);
    }

    @Test
    void waitsForTheRestOfALineAndTakesItAsItIsWhenNothingComes() throws IOException {
        open("*.log");
        write("a.log", "whole\nhalf");
        pass(700);
        assertThat(sink.text("a.log")).isEqualTo("whole\n");
        pass(900);
        assertThat(sink.text("a.log")).isEqualTo("whole\nhalf");
        assertThat(sink.blocks.get(1).unterminated()).isTrue();
        write("a.log", " and whole\n");
        pass(700);
        assertThat(sink.text("a.log")).isEqualTo("whole\nhalf and whole\n");
        assertThat(sink.next).containsEntry("a.log", 3L);
    }

    @Test
    void lineThatGrowsSlowlyIsNotCutWhileItGrows() throws IOException {
        open("*.log");
        for (int i = 0; i < 6; i++) {
            write("a.log", "part" + i + " ");
            pass(600);
        }
        assertThat(sink.blocks).isEmpty();
        write("a.log", "end\n");
        pass(300);
        assertThat(sink.blocks).hasSize(1);
        assertThat(sink.next).containsEntry("a.log", 1L);
    }

    @Test
    void renamedFileIsReadToItsEndBeforeTheNewOne() throws IOException {
        open("app.log");
        Path file = write("app.log", lines(0, 10));
        pass(800);
        write("app.log", lines(10, 20));
        Files.move(file, logs.resolve("app.1")); // matches no pattern now
        write("app.log", lines(30, 40));
        pass(600);
        write("app.1", lines(20, 30)); // the writer still has the old one open
        pass(3_000);
        assertThat(sink.text("app.log")).isEqualTo(lines(0, 40));
    }

    @Test
    void deletedFileIsReadToItsEnd() throws IOException {
        open("*.log");
        Path file = write("a.log", lines(0, 10));
        pass(600);
        try (FileChannel writer = FileChannel.open(file, StandardOpenOption.APPEND)) {
            Files.delete(file);
            writer.write(StandardCharsets.UTF_8.encode(lines(10, 20)));
            pass(2_000);
            assertThat(sink.text("a.log")).isEqualTo(lines(0, 20));
        }
    }

    @Test
    void deletedFileIsLetGoAfterAWhile() throws IOException {
        open("*.log");
        Path file = write("a.log", lines(0, 10));
        pass(600);
        Files.delete(file);
        pass(1_000 + FileFinder.NAMELESS_NANOS / MILLI);
        try (var descriptors = Files.list(Path.of("/proc/self/fd"))) {
            assertThat(descriptors.map(FileInputTest::target)).noneMatch(target -> target.startsWith(file.toString()));
        }
    }

    @Test
    void fileMadeAnewWithTheSameBytesIsReadThoughItGetsTheInodeOfTheDeletedOne() throws IOException {
        open("*.log");
        Path file = write("a.log", "header\n");
        pass(600);
        Files.delete(file);
        pass(1_000 + FileFinder.NAMELESS_NANOS / MILLI);
        write("a.log", "header\n");
        pass(1_000);
        assertThat(sink.text("a.log")).isEqualTo("header\nheader\n");
    }

    private static String target(Path descriptor) {
        try {
            return Files.readSymbolicLink(descriptor).toString();
        } catch (IOException gone) {
            return "";
        }
    }

    @Test
    void emptiedFileIsReadFromItsBeginning() throws IOException {
        open("*.log");
        Path file = write("a.log", lines(0, 100));
        pass(600);
        Files.writeString(file, "new\n", StandardOpenOption.TRUNCATE_EXISTING);
        pass(600);
        assertThat(sink.text("a.log")).isEqualTo(lines(0, 100) + "new\n");
    }

    @Test
    void emptiedFileThatGrewPastTheOldEndIsReadFromItsBeginning() throws IOException {
        open("*.log");
        Path file = write("a.log", lines(0, 100));
        pass(600);
        Files.writeString(file, lines(500, 900), StandardOpenOption.TRUNCATE_EXISTING);
        pass(600);
        assertThat(sink.text("a.log")).isEqualTo(lines(0, 100) + lines(500, 900));
    }

    @Test
    void fileThatLostItsEndAfterItWasReadIsNotReadTwice() throws IOException {
        open("*.log");
        Path file = write("a.log", lines(0, 1000));
        pass(600);
        truncate(file, lines(0, 900).length());
        pass(600);
        write("a.log", lines(2000, 2010));
        pass(600);
        assertThat(sink.text("a.log")).isEqualTo(lines(0, 1000) + lines(2000, 2010));
        close();
        truncate(file, lines(0, 800).length());
        open(sink.checkpoints.values(), "*.log");
        pass(600);
        write("a.log", lines(3000, 3010));
        pass(600);
        assertThat(sink.text("a.log")).isEqualTo(lines(0, 1000) + lines(2000, 2010) + lines(3000, 3010));
    }

    private static void truncate(Path file, long bytes) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.truncate(bytes);
        }
    }

    @Test
    void goesOnWhereTheCheckpointSaysUnderWhateverName() throws IOException {
        Path file = write("app.log", lines(0, 10));
        open("*.log*");
        pass(600);
        close();
        Files.move(file, logs.resolve("app.log.1"));
        write("app.log.1", lines(10, 20));
        write("app.log", lines(20, 30));
        open(sink.checkpoints.values(), "*.log*");
        pass(3_000);
        assertThat(sink.raw).containsOnlyKeys("app.log");
        assertThat(sink.text("app.log")).isEqualTo(lines(0, 30));
    }

    @Test
    void fileRenamedOutOfThePatternsWhileNobodyReadIsStillReadToItsEnd() throws IOException {
        Path file = write("app.log", lines(0, 10));
        open("*.log");
        pass(600);
        close();
        write("app.log", lines(10, 20));
        Files.move(file, logs.resolve("app.1"));
        write("app.log", lines(20, 30));
        open(sink.checkpoints.values(), "*.log");
        pass(3_000);
        assertThat(sink.text("app.log")).isEqualTo(lines(0, 30));
        assertThat(sink.raw).containsOnlyKeys("app.log");
    }

    @Test
    void fileRenamedTwiceWhileNobodyReadIsStillRead() throws IOException {
        Path file = write("app.log", lines(0, 10));
        open("app.log");
        pass(600);
        close();
        write("app.log", lines(10, 20));
        lastWritten(Files.move(file, logs.resolve("app.log.1")), 1);
        rotated("app.log.2", 2, lines(20, 30)); // never seen under its first name
        write("app.log", lines(30, 40));
        open(sink.checkpoints.values(), "app.log");
        pass(6_000);
        assertThat(sink.text("app.log")).isEqualTo(lines(0, 40));
        assertThat(sink.raw).containsOnlyKeys("app.log");
        assertThat(warnings()).isEmpty();
        close();
        open(sink.checkpoints.values(), "app.log");
        pass(6_000);
        assertThat(sink.next).containsEntry("app.log", 40L);
    }

    @Test
    void fileThatWasOpenedButNotReadIsFoundAfterItsNextRename() throws IOException {
        Path file = write("app.log", lines(0, 10));
        open("app.log");
        pass(600);
        lastWritten(Files.move(file, logs.resolve("app.log.1")), 1);
        write("app.log", lines(10, 20));
        pass(600); // it waits until the renamed one has been quiet
        assertThat(sink.text("app.log")).isEqualTo(lines(0, 10));
        close();
        lastWritten(Files.move(file, logs.resolve("app.log.2")), 2);
        write("app.log", lines(20, 30));
        open(sink.checkpoints.values(), "app.log");
        pass(6_000);
        assertThat(sink.text("app.log")).isEqualTo(lines(0, 30));
    }

    @Test
    void filesRenamedTwiceBetweenTwoLooksAreReadByAgeWhenNumbersGrowWithIt() throws IOException {
        renameBetweenTwoLooks("app.log.3", "app.log.2", "app.log.1");
    }

    @Test
    void filesRenamedTwiceBetweenTwoLooksAreReadByAgeWhenNumbersAreCountedUp() throws IOException {
        renameBetweenTwoLooks("app.log.9", "app.log.10", "app.log.11");
    }

    @Test
    void filesRenamedTwiceBetweenTwoLooksAreReadByAgeWhenNamesAreDates() throws IOException {
        renameBetweenTwoLooks("app.log-20251231", "app.log-20260101", "app.log.bak");
    }

    private void renameBetweenTwoLooks(String first, String second, String third) throws IOException {
        Path file = lastWritten(write("app.log", lines(0, 10)), 0);
        open("app.log");
        pass(600);
        write("app.log", lines(10, 20));
        lastWritten(Files.move(file, logs.resolve(first)), 1);
        rotated(second, 2, lines(20, 30));
        rotated(third, 3, lines(30, 40));
        write("app.log", lines(40, 50));
        pass(6_000);
        assertThat(sink.text("app.log")).isEqualTo(lines(0, 50));
        assertThat(sink.raw).containsOnlyKeys("app.log");
        assertThat(warnings()).isEmpty();
    }

    @Test
    void missedFilesAreReadOneAfterAnotherHoweverLongTheFirstHasToWait() throws IOException {
        Path file = write("app.log", lines(0, 10));
        open("app.log");
        pass(600);
        close();
        lastWritten(Files.move(file, logs.resolve("app.log.1")), 1);
        rotated("app.log.2", 2, lines(10, 20));
        rotated("app.log.3", 3, lines(20, 30));
        write("app.log", lines(30, 40));
        sink.full = true;
        open(sink.checkpoints.values(), "app.log");
        pass(3_000);
        sink.full = false;
        pass(6_000);
        assertThat(sink.text("app.log")).isEqualTo(lines(0, 40));
    }

    @Test
    void whatWasRotatedBeforeTheNameWasOursIsLeftAlone() throws IOException {
        rotated("app.log.2", -20, "old\n");
        rotated("app.log.1", -10, "old\n");
        Path file = lastWritten(write("app.log", lines(0, 10)), 0);
        open("app.log");
        pass(600);
        assertThat(sink.text("app.log")).isEqualTo(lines(0, 10));
        lastWritten(Files.move(file, logs.resolve("app.log.3")), 1);
        write("app.log", lines(10, 20));
        pass(3_000);
        close();
        Path second = lastWritten(Files.move(file, logs.resolve("app.log.4")), 2);
        write("app.log", lines(20, 30));
        open(sink.checkpoints.values(), "app.log");
        pass(3_000);
        assertThat(second).exists();
        assertThat(sink.text("app.log")).isEqualTo(lines(0, 30));
        assertThat(sink.raw).containsOnlyKeys("app.log");
    }

    @Test
    void whatIsNoRotatedFileOfTheNameIsLeftAlone() throws IOException {
        Path file = write("app.log", lines(0, 10));
        open("app.log");
        pass(600);
        close();
        lastWritten(Files.move(file, logs.resolve("app.log.1")), 1);
        for (String other : List.of("app.log.lck", "app.log-audit", "app.logs.1", "app.log2", "other.log.1")) {
            rotated(other, 2, "other\n");
        }
        Files.createDirectory(logs.resolve("app.log.3"));
        write("app.log", lines(10, 20));
        open(sink.checkpoints.values(), "app.log");
        pass(3_000);
        assertThat(sink.text("app.log")).isEqualTo(lines(0, 20));
        assertThat(sink.raw).containsOnlyKeys("app.log");
    }

    @Test
    void filesThatMayHaveBeenMissedAndCannotBeInflatedAreNamed() throws IOException {
        Path file = write("app.log", lines(0, 10));
        open("app.log");
        pass(600);
        close();
        rotated("app.log.5.xz", -5, "long ago");
        lastWritten(Files.move(file, logs.resolve("app.log.4")), 1);
        rotated("app.log.3.xz", 2, "packed");
        rotated("app.log.2.bz2", 3, "packed");
        rotated("app.log.1", 4, lines(10, 20));
        rotated("app.log.1.gz", 5, "half packed");
        write("app.log", lines(20, 30));
        open(sink.checkpoints.values(), "app.log");
        pass(6_000);
        assertThat(sink.text("app.log")).isEqualTo(lines(0, 30));
        assertThat(sink.raw).containsOnlyKeys("app.log");
        assertThat(warnings()).hasSize(1);
        assertThat(warnings().get(0))
                .contains("lines may be missing")
                .contains("count=2")
                .endsWith("paths=" + logs + "/app.log.3.xz " + logs + "/app.log.2.bz2");
    }

    @Test
    void whenTheFileReadLastIsGoneTheLogSaysSoAndWhatIsYoungerThanItsRunIsRead() throws IOException {
        rotated("app.log.9", -10, "old\n");
        Path file = write("app.log", lines(0, 10));
        open("app.log");
        pass(600);
        close();
        rotated("app.log.1", 2, lines(20, 30));
        Files.move(file, logs.resolveSibling(logs.getFileName() + ".elsewhere"));
        write("app.log", lines(30, 40));
        open(sink.checkpoints.values(), "app.log");
        pass(6_000);
        Files.delete(logs.resolveSibling(logs.getFileName() + ".elsewhere"));
        assertThat(sink.text("app.log")).isEqualTo(lines(0, 10) + lines(20, 40));
        assertThat(warnings()).hasSize(1);
        assertThat(warnings().get(0)).contains("lines may be missing").contains("is gone");
    }

    @Test
    void fileCopiedAndEmptiedWhileNobodyReadIsReadOnInItsCopy() throws IOException {
        rotated("app.log.3", 1, lines(500, 600)); // copied while the earlier run read on in the first
        Path file = write("app.log", lines(0, 10));
        open("app.log");
        pass(600);
        close();
        rotated("app.log.2", 2, lines(0, 20));
        rotated("app.log.1", 3, lines(20, 30));
        Files.writeString(file, lines(30, 60), StandardOpenOption.TRUNCATE_EXISTING);
        open(sink.checkpoints.values(), "app.log");
        pass(6_000);
        assertThat(sink.text("app.log")).isEqualTo(lines(0, 60));
        assertThat(warnings()).isEmpty();
    }

    /** A look at many files takes its time, and a new one may be emptied before it is over. */
    @Test
    void fileThatIsEmptiedWhileItIsFoundIsReadFromItsCopy() throws IOException {
        Path file = write("app.log", lines(0, 10));
        open("app.log");
        pass(600);
        close();
        rotated("app.log.2", 1, lines(0, 10));
        Files.writeString(file, lines(10, 20), StandardOpenOption.TRUNCATE_EXISTING);
        open(sink.checkpoints.values(), "app.log");
        atNextTime = times -> {
            if (times == 2) { // at the end of the look
                Files.copy(file, logs.resolve("app.log.1"));
                Files.writeString(file, lines(20, 30), StandardOpenOption.TRUNCATE_EXISTING);
            }
        };
        pass(6_000);
        assertThat(sink.text("app.log")).isEqualTo(lines(0, 30));
    }

    @Test
    void rotatedFileThatMatchesAPatternItselfBelongsToThat() throws IOException {
        Path file = write("app.log", lines(0, 10));
        open("app.log", "*.2");
        pass(600);
        close();
        lastWritten(Files.move(file, logs.resolve("app.log.1")), 1);
        rotated("app.log.2", 2, "mine\n");
        write("app.log", lines(10, 20));
        open(sink.checkpoints.values(), "app.log", "*.2");
        pass(3_000);
        assertThat(sink.text("app.log")).isEqualTo(lines(0, 20));
        assertThat(sink.text("app.log.2")).isEqualTo("mine\n");
    }

    @Test
    void renamedFilesAreReadOneAfterAnotherHoweverLongTheFirstHasToWait() throws IOException {
        Path file = write("app.log", "");
        open("app.log");
        for (int i = 0; i < 2; i++) {
            write("app.log", lines(i, i + 1));
            pass(3_000);
            lastWritten(Files.move(file, logs.resolve("app.log." + i)), i);
        }
        close();
        for (int i = 0; i < 2; i++) {
            lastWritten(write("app.log." + i, lines(10 + 10 * i, 20 + 10 * i)), i);
        }
        write("app.log", lines(30, 40));
        sink.full = true;
        open(sink.checkpoints.values(), "app.log");
        pass(3_000);
        sink.full = false;
        pass(6_000);
        assertThat(sink.text("app.log")).isEqualTo(lines(0, 2) + lines(10, 40));
    }

    @Test
    void checkpointWhoseNameIsNoPathHereStillCounts() throws IOException {
        write("a.log", lines(0, 10));
        open("*.log");
        pass(600);
        close();
        write("a.log", lines(10, 20));
        SourceCheckpoint c = sink.checkpoints.values().iterator().next();
        String unspeakable = logs + "/a\0.log";
        open(
                List.of(new SourceCheckpoint(
                        c.stream(), unspeakable, c.device(), c.inode(), c.fingerprint(), c.offset())),
                "*.log");
        pass(600);
        assertThat(sink.text("a.log")).isEqualTo(lines(0, 20));
    }

    @Test
    void inodeGivenAgainToOtherContentIsAnotherFile() throws IOException {
        Path file = write("a.log", lines(0, 10));
        open("*.log");
        pass(600);
        close();
        // As a file system does that gives the freed inode to the next file: same inode, other beginning.
        Files.writeString(file, "other " + lines(0, 20), StandardOpenOption.TRUNCATE_EXISTING);
        open(sink.checkpoints.values(), "*.log");
        pass(600);
        assertThat(sink.text("a.log")).isEqualTo(lines(0, 10) + "other " + lines(0, 20));
    }

    @Test
    void fullWalStopsReadingAndNothingIsLost() throws IOException {
        open("*.log");
        sink.full = true;
        write("a.log", lines(0, 5000));
        pass(2_000);
        assertThat(sink.blocks).isEmpty();
        sink.full = false;
        sink.refuses = true;
        pass(1_000);
        assertThat(sink.blocks).isEmpty();
        sink.refuses = false;
        pass(1_000);
        assertThat(sink.text("a.log")).isEqualTo(lines(0, 5000));
    }

    @Test
    void oneFileUnderTwoNamesIsReadOnce() throws IOException {
        Path file = write("a.log", lines(0, 10));
        Files.createLink(logs.resolve("b.log"), file);
        Files.createSymbolicLink(logs.resolve("c.log"), file);
        open("*.log", "a.*");
        pass(1_500);
        assertThat(sink.raw).hasSize(1);
        assertThat(sink.next.values()).containsExactly(10L);
    }

    @Test
    void patternsReachIntoDirectories() throws IOException {
        Files.createDirectories(logs.resolve("x/y"));
        write("x/y/deep.log", "deep\n");
        write("x/flat.log", "flat\n");
        write("x/flat.txt", "no\n");
        open("**/*.log");
        pass(600);
        assertThat(sink.raw).containsOnlyKeys("deep.log", "flat.log");
    }

    @Test
    void flushTakesWhatHasNotWaitedLongEnough() throws IOException {
        open("*.log");
        write("a.log", "");
        pass(600);
        write("a.log", "one\ntwo");
        input.flush(false, now, now + 1_000 * MILLI, () -> now);
        assertThat(sink.text("a.log")).isEqualTo("one\n");
        input.flush(true, now, now + 1_000 * MILLI, () -> now);
        assertThat(sink.text("a.log")).isEqualTo("one\ntwo");
    }

    @Test
    void anyBytesInAnyPortionsComeOutTheSame() throws IOException {
        long seed = Long.getLong("raftsman.seed", System.nanoTime());
        System.err.println("anyBytesInAnyPortionsComeOutTheSame: -Draftsman.seed=" + seed);
        Random random = new Random(seed);
        open("*.log");
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (int i = 0; i < 200; i++) {
            byte[] portion = new byte[random.nextInt(random.nextInt(20) == 0 ? 20_000 : 300)];
            for (int at = 0; at < portion.length; at++) {
                int kind = random.nextInt(40);
                portion[at] =
                        kind == 0 ? (byte) '\n' : kind == 1 ? 0 : kind == 2 ? (byte) '\r' : (byte) random.nextInt();
            }
            Files.write(logs.resolve("a.log"), portion, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
            all.write(portion);
            pass(random.nextInt(300));
        }
        pass(1_500);
        assertThat(sink.raw.get("a.log").toByteArray()).isEqualTo(all.toByteArray());
    }
}
