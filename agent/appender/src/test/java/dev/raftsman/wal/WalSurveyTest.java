package dev.raftsman.wal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.raftsman.event.Loss;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each kind of damage is named with its place; nothing else is. */
final class WalSurveyTest {
    private static final WalSettings SMALL = new WalSettings(16 << 20, 0, 256 << 10, 256 << 10, Duration.ofMillis(20));
    private static final int BODY_BYTES = 1000;
    private static final int DOCUMENT_BYTES = FileWindow.WORD_BYTES + ExcerptFrame.HEADER_BYTES + BODY_BYTES;

    @TempDir
    Path root;

    @Test
    void aLogIsSoundWhateverBecameOfItsWriter() {
        WalDirectory directory = create();
        try (WalWriter writer = WalWriter.open(directory, SMALL)) {
            assertThat(survey(directory).damages()).isEmpty();
            append(writer, 0, 1);
            assertThat(survey(directory).damages()).isEmpty();
            append(writer, 1, 800);
            WalSurvey alive = survey(directory);
            assertThat(alive.damages()).isEmpty();
            assertThat(alive.excerpts()).isEqualTo(800);
            assertThat(alive.files()).hasSizeGreaterThan(2);
            assertThat(alive.files().get(0).firstSequence()).isZero();
            assertThat(alive.files().get(alive.files().size() - 1).lastSequence())
                    .isEqualTo(799);
        }
        assertThat(survey(directory).damages()).isEmpty();
        assertThat(survey(directory).excerpts()).isEqualTo(800);
    }

    @Test
    void whatWasReleasedIsNotMissed() {
        WalDirectory directory = filled(800);
        try (WalReader reader = WalReader.open(directory)) {
            reader.releaseBelow(SizeRoll.position(2, 0));
        }
        assertThat(survey(directory).damages()).isEmpty();
        assertThat(survey(directory).files().get(0).file().number()).isEqualTo(2);
    }

    @Test
    void aFlippedBitIsNamedByItsPlaceWhereverItIs() throws IOException {
        WalDirectory directory = filled(20);
        Path file = directory.fileOf(0);
        byte[] whole = Files.readAllBytes(file);
        int document = documentOf(whole, 7);
        int frame = document + FileWindow.WORD_BYTES;
        int[][] flips = { // byte that is changed, offset that is named, excerpts lost
            {document, document, 0}, // the queue's word
            {frame + ExcerptFrame.MAGIC_OFFSET, frame, 1},
            {frame + ExcerptFrame.LENGTH_OFFSET, frame + ExcerptFrame.LENGTH_OFFSET, 0},
            {frame + ExcerptFrame.LENGTH_OFFSET + 3, frame + ExcerptFrame.LENGTH_OFFSET, 0},
            {frame + ExcerptFrame.HEADER_CRC_OFFSET, frame + ExcerptFrame.HEADER_CRC_OFFSET, 1},
            {frame + ExcerptFrame.BODY_CRC_OFFSET, frame + ExcerptFrame.HEADER_CRC_OFFSET, 1},
            {frame + ExcerptFrame.POSITION_OFFSET, frame + ExcerptFrame.HEADER_CRC_OFFSET, 1},
            {frame + ExcerptFrame.FIRST_SEQUENCE_OFFSET, frame + ExcerptFrame.HEADER_CRC_OFFSET, 1},
            {frame + ExcerptFrame.COUNT_OFFSET, frame + ExcerptFrame.HEADER_CRC_OFFSET, 1},
            {frame + ExcerptFrame.VERSION_OFFSET, frame + ExcerptFrame.HEADER_CRC_OFFSET, 1},
            {frame + ExcerptFrame.HEADER_BYTES, frame + ExcerptFrame.HEADER_BYTES, 1},
            {frame + ExcerptFrame.HEADER_BYTES + BODY_BYTES - 1, frame + ExcerptFrame.HEADER_BYTES, 1}
        };
        for (int[] flip : flips) {
            byte[] damaged = whole.clone();
            damaged[flip[0]] ^= 4;
            Files.write(file, damaged);
            List<WalSurvey.Damage> damages = survey(directory).damages();
            assertThat(damages)
                    .as("byte %d of the document", flip[0] - document)
                    .hasSize(1);
            WalSurvey.Damage damage = damages.get(0);
            assertThat(damage.file()).isEqualTo(file);
            assertThat(damage.offset()).as(damage.toString()).isEqualTo(flip[1]);
            assertThat(damage.expected()).isNotEmpty();
            assertThat(damage.found()).isNotEmpty().isNotEqualTo(damage.expected());
            assertThat(damage.lost()).contains(flip[2] == 0 ? "no excerpt" : "sequences 7..7");
        }
        Files.write(file, whole);
        assertThat(survey(directory).damages()).isEmpty();
    }

    @Test
    void zeroedPagesAreOneDamageWithAllTheirSequences() throws IOException {
        WalDirectory directory = filled(40);
        Path file = directory.fileOf(0);
        byte[] whole = Files.readAllBytes(file);
        int document = documentOf(whole, 7);
        Arrays.fill(whole, document, document + 3 * DOCUMENT_BYTES + 40, (byte) 0);
        Files.write(file, whole);
        List<WalSurvey.Damage> damages = survey(directory).damages();
        assertThat(damages).hasSize(1);
        assertThat(damages.get(0).offset()).isEqualTo(document);
        assertThat(damages.get(0).lost()).endsWith("sequences 7..10");
    }

    @Test
    void aFileWhoseBeginningIsDamagedIsNotTakenForAReleasedOne() throws IOException {
        WalDirectory directory = filled(40);
        Path file = directory.fileOf(0);
        byte[] whole = Files.readAllBytes(file);
        int document = documentOf(whole, 0);
        Arrays.fill(whole, document, document + 4096, (byte) 0);
        Files.write(file, whole);
        List<WalSurvey.Damage> damages = survey(directory).damages();
        assertThat(damages).hasSize(1);
        assertThat(damages.get(0).lost()).endsWith("sequences 0..3");
    }

    @Test
    void aFileThatWasCutOrIsMissingIsNamed() throws IOException {
        WalDirectory directory = filled(800);
        Path newest = directory.fileOf(directory.cycles().get(directory.cycles().size() - 1));
        byte[] whole = Files.readAllBytes(newest);
        Files.write(newest, Arrays.copyOf(whole, 200_000 / 4));
        List<WalSurvey.Damage> damages = survey(directory).damages();
        assertThat(damages).isNotEmpty();
        assertThat(damages).allMatch(damage -> damage.file().equals(newest));
        Files.delete(newest);
        damages = survey(directory).damages();
        assertThat(damages).hasSize(1);
        assertThat(damages.get(0).file()).isEqualTo(newest);
        assertThat(damages.get(0).found()).isEqualTo("no such file");
        Files.write(newest, whole);
        Files.delete(directory.fileOf(1));
        damages = survey(directory).damages();
        assertThat(damages).hasSize(1);
        assertThat(damages.get(0).file()).isEqualTo(directory.fileOf(1));
        assertThat(damages.get(0).lost()).contains("sequences ");
    }

    @Test
    void damagedPagesOfTheDirectoryAreNamed() throws IOException {
        WalDirectory directory = filled(20);
        Files.write(directory.path().resolve("progress"), new byte[100]);
        Files.writeString(directory.path().resolve("identity"), "raftsman-wal-1\ntenant=acme\n");
        assertThat(survey(directory).damages())
                .extracting(damage -> damage.file().getFileName().toString())
                .containsExactly("identity", "progress");
    }

    @Test
    void namesDamageExactlyWhereTheReaderMeetsSome() throws IOException {
        WalDirectory directory = filled(60);
        Path file = directory.fileOf(0);
        byte[] whole = Files.readAllBytes(file);
        long seed = System.nanoTime();
        Random random = new Random(seed);
        int first = documentOf(whole, 0);
        int last = documentOf(whole, 59) + DOCUMENT_BYTES;
        for (int round = 0; round < 150; round++) {
            byte[] damaged = whole.clone();
            for (int hits = 1 + random.nextInt(3); hits > 0; hits--) {
                int at = first + random.nextInt(last - first);
                switch (random.nextInt(3)) {
                    case 0 -> damaged[at] ^= (byte) (1 << random.nextInt(8));
                    case 1 -> Arrays.fill(damaged, at, Math.min(last, at + 4096), (byte) 0);
                    default -> {
                        int from = first + random.nextInt(last - first - 512);
                        System.arraycopy(whole, from, damaged, at, Math.min(512, last - at));
                    }
                }
            }
            Files.write(file, damaged);
            List<Long> read = new ArrayList<>();
            Excerpt excerpt = new Excerpt();
            try (WalReader reader = WalReader.open(directory)) {
                while (reader.next(excerpt)) {
                    if (excerpt.kind() == ExcerptKind.ROWS) {
                        read.add(excerpt.position());
                    }
                }
            }
            List<Long> surveyed = new ArrayList<>();
            WalSurvey survey = WalSurvey.of(directory, new WalSurvey.Listener() {
                @Override
                public String excerpt(Excerpt met, WalFile in, long offset) {
                    surveyed.add(met.position());
                    return null;
                }

                @Override
                public void surveyed(long bytes) {}
            });
            assertThat(surveyed).as("seed %d round %d", seed, round).isEqualTo(read);
            assertThat(survey.damages().isEmpty())
                    .as("seed %d round %d: %s", seed, round, survey.damages())
                    .isEqualTo(Arrays.equals(damaged, whole));
        }
    }

    @Test
    void aWriterAtFullSpeedWithItsReaderBehindIsNeverCalledDamaged() throws Exception {
        WalDirectory directory = create();
        AtomicBoolean stop = new AtomicBoolean();
        try (WalWriter writer = WalWriter.open(directory, SMALL)) {
            Thread busy = new Thread(() -> {
                Excerpt excerpt = new Excerpt();
                try (WalReader reader = WalReader.open(directory)) {
                    for (int i = 0; !stop.get(); i++) {
                        append(writer, i, 1);
                        while (reader.next(excerpt)) {
                            reader.releaseBelow(reader.position());
                        }
                    }
                }
            });
            busy.start();
            try {
                for (int i = 0; i < 60; i++) {
                    assertThat(survey(directory).damages()).isEmpty();
                }
            } finally {
                stop.set(true);
                busy.join();
            }
        }
    }

    private WalDirectory create() {
        return WalDirectory.create(root, WalIdentity.startingNow("acme", "app", "events"));
    }

    private WalDirectory filled(int excerpts) {
        WalDirectory directory = create();
        try (WalWriter writer = WalWriter.open(directory, SMALL)) {
            append(writer, 0, excerpts);
        }
        return directory;
    }

    private static void append(WalWriter writer, int from, int through) {
        for (int i = from; i < Math.max(through, from + 1); i++) {
            writer.append(ExcerptKind.ROWS, i, 1, Loss.NONE, null, body(i));
        }
    }

    private static ByteBuffer body(int seed) {
        byte[] bytes = new byte[BODY_BYTES];
        new Random(seed).nextBytes(bytes);
        return ByteBuffer.wrap(bytes);
    }

    private static WalSurvey survey(WalDirectory directory) {
        return WalSurvey.of(directory, new WalSurvey.Listener() {
            @Override
            public String excerpt(Excerpt excerpt, WalFile file, long offset) {
                return null;
            }

            @Override
            public void surveyed(long bytes) {}
        });
    }

    /** Where the queue's word of the excerpt with this body lies. */
    private static int documentOf(byte[] file, int excerpt) {
        byte[] wanted = body(excerpt).array();
        for (int i = 0; i + wanted.length <= file.length; i++) {
            if (Arrays.equals(file, i, i + wanted.length, wanted, 0, wanted.length)) {
                return i - ExcerptFrame.HEADER_BYTES - FileWindow.WORD_BYTES;
            }
        }
        throw new AssertionError("no excerpt " + excerpt);
    }
}
