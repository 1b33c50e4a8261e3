package dev.raftsman.cold;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.raftsman.block.Block;
import dev.raftsman.block.BlockPacker;
import dev.raftsman.block.Labels;
import dev.raftsman.block.PlainBlock;
import dev.raftsman.cold.SampleSegment.Sealed;
import dev.raftsman.event.Loss;
import dev.raftsman.event.LossReason;
import dev.raftsman.segment.CorruptSegmentException;
import dev.raftsman.segment.SegmentReader;
import dev.raftsman.segment.SegmentWriter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ColdObjectTest {
    private static final ColdSettings SMALL = new ColdSettings(1 << 20, 3, true);

    @TempDir
    Path directory;

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private void requireLossless(List<Sealed> segments) throws IOException {
        for (ColdSettings settings : List.of(ColdSettings.DEFAULTS, SMALL)) {
            ColdObjects.requireSame(ColdObjects.of(settings, segments), segments);
        }
    }

    @Test
    void givesEveryKindOfBlockBack() throws Exception {
        try (SampleSegment segment = new SampleSegment(directory, 5)) {
            Random random = new Random(1);
            Labels labels = Labels.of(Map.of("host", "web-1", "pod", "a"));
            segment.lines(1, bytes("started 17 at 12:00:01\nstarted 18 at 12:00:02\nstarted 19 at 12:00:03\n"))
                    .gap(1, 17)
                    .events(2, 300, random)
                    .lines(1, bytes("started 20 at 12:00:04"), labels, new Loss(LossReason.RING_FULL, 12))
                    .events(2, 1, random)
                    .gap(3, 1)
                    .events(2, 2_000, random);
            requireLossless(List.of(segment.seal()));
        }
    }

    @Test
    void mergesSegmentsAndReadsEachAlone() throws Exception {
        List<Sealed> segments = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            try (SampleSegment segment = new SampleSegment(directory, 100 + i * 50)) {
                segment.lines(1, bytes(("segment " + i + " line 1\n").repeat(40_000)))
                        .events(2, 50, new Random(i));
                segments.add(segment.seal());
            }
        }
        byte[] object = ColdObjects.of(SMALL, segments);
        ColdObjects.requireSame(object, segments);
        try (ColdObjectReader reader = ColdObjectReader.open(new ColdObjects.Counted(object))) {
            assertThat(reader.index().blocks()).hasSizeGreaterThan(2);
            assertThat(reader.index().blocks().get(0).firstSegment()).isZero();
            ColdSegmentReader third = reader.segment(2);
            int blocks = 0;
            while (third.next()) {
                assertThat(third.header().id().base()).isEqualTo(200);
                assertThat(Block.wrap(third.block().encoded()).intact()).isTrue();
                blocks++;
            }
            assertThat(blocks).isEqualTo(2);
            assertThat(third.next()).isFalse();
        }
    }

    @Test
    void givesOddTextBack() throws Exception {
        String[] texts = {
            "\n",
            "\n\n\n",
            "x",
            "no newline at the end 12",
            "007 07 7 0 00 000\n007 07 7 0 00 000\n1 1 1 1 1 1\n1 1 1 1 1 1\n",
            "id=deadbeef\nid=DEADBEEF\nid=DeadBeef\nid=0badcafe\nid=deadbee\n",
            "windows 1\r\nwindows 22\r\nwindows 333\r\n",
            "slot \u0011 here 5\nslot \u0011 here 6\nslot 7\nslot 8\n",
            "nul \0 1\nnul \0 2\n",
            "99999999999999999999 1\n18446744073709551616 2\n999999999999999999 3\n1 4\n",
            "9999999999999999999\n9223372036854775808\n9223372036854775807\n1000000000000000000\n",
            "9999999999999999999\n0999999999999999999\n0\n00\n0000000000000000000\n7\n",
            "9999999999999999999\n10\n9223372036854775808\n7\n",
            "-9223372036854775808\n9223372036854775807\n-1\n",
            "é1é2\né3é4\n",
            ("a".repeat(300) + "1\n").repeat(3),
            ("1 ".repeat(40_000) + "\n").repeat(3),
        };
        for (int i = 0; i < texts.length; i++) {
            try (SampleSegment segment = new SampleSegment(directory, 5)) {
                segment.lines(1, bytes(texts[i])).lines(1, bytes(texts[texts.length - 1 - i]));
                requireLossless(List.of(segment.seal()));
            }
        }
    }

    /**
     * Lines as a web server writes them: who asks for what with which program.
     *
     * @param sized whether each path has a size of its own, which then says nothing new
     */
    private static byte[] accessLog(long seed, int lines, boolean sized) {
        Random random = new Random(seed);
        String[] programs = {
            "curl", "Mozilla/5.0 (X11; Linux)", "Mozilla/5.0 (Macintosh; like \\\"Gecko\\\")", "a b c d"
        };
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < lines; i++) {
            int client = Math.min(random.nextInt(60), random.nextInt(60));
            int path = Math.min(random.nextInt(40), random.nextInt(40));
            text.append("10.0.").append(client % 7).append('.').append(client).append(" - [29/Nov/2026:10:");
            text.append(10 + i / 60 % 50).append(':').append(10 + i % 50).append("] \"GET /some/");
            text.append("abcdefghij".charAt(path % 10))
                    .append("/page")
                    .append((char) ('a' + path % 26))
                    .append(path / 7);
            text.append(" HTTP/1.1\" ").append(path % 9 == 0 ? 404 : 200).append(' ');
            text.append(path % 9 == 0 ? "-" : Integer.toString(sized ? 7_919 + path * path : 7_919))
                    .append(" \"");
            text.append(programs[client % programs.length]).append(client % 5).append("\"\n");
        }
        return bytes(text.toString());
    }

    @Test
    void givesLinesBackThatAreTakenApartByFields() throws Exception {
        try (SampleSegment segment = new SampleSegment(directory, 5)) {
            segment.lines(1, accessLog(1, 20_000, true))
                    .lines(1, bytes("\"\" ,, \"never closed\n\"a\\"))
                    .lines(1, accessLog(2, 5_000, true));
            requireLossless(List.of(segment.seal()));
        }
    }

    @Test
    void takesHardlyAnythingForWhatAnotherFieldTells() throws Exception {
        int[] lengths = new int[2];
        for (int sized = 0; sized < 2; sized++) {
            try (SampleSegment segment = new SampleSegment(directory, 5 + sized)) {
                lengths[sized] = ColdObjects.of(segment.lines(1, accessLog(1, 20_000, sized == 1))
                                .seal())
                        .length;
            }
        }
        assertThat(lengths[1]).isLessThan(lengths[0] + lengths[0] / 20);
    }

    /** Of version 1, whose segment is made again here. */
    @Test
    void readsObjectsOfTheFormatBefore() throws Exception {
        try (SampleSegment segment = new SampleSegment(directory, 5)) {
            Sealed sealed = SampleSegment.ofVersion1(segment);
            try (InputStream in = ColdObjectTest.class.getResourceAsStream("version-1.cold");
                    ColdObjectReader reader = ColdObjectReader.open(new ColdObjects.Counted(in.readAllBytes()))) {
                ColdObjects.requireByHand(sealed, reader.segment(0));
            }
        }
    }

    @Test
    void cutsABlockOfMillionsOfEmptyLines() throws Exception {
        try (SampleSegment segment = new SampleSegment(directory, 5)) {
            byte[] text = bytes("\n".repeat(600_000));
            Sealed sealed = segment.lines(1, text).lines(1, text).lines(1, text).seal();
            byte[] object = ColdObjects.of(sealed);
            ColdObjects.requireSame(object, List.of(sealed));
            try (ColdObjectReader reader = ColdObjectReader.open(new ColdObjects.Counted(object))) {
                assertThat(reader.index().blocks()).hasSize(3);
            }
        }
    }

    /** Text of a few templates and bytes of every kind, as the seed has it. */
    private static byte[] randomText(Random random) {
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        int kind = random.nextInt(5);
        for (int lines = 1 + random.nextInt(3_000); lines > 0; lines--) {
            for (int words = random.nextInt(kind == 0 ? 40 : 8); words > 0; words--) {
                switch (random.nextInt(kind + 3)) {
                    case 0 -> text.writeBytes(bytes("user" + random.nextInt(1 + random.nextInt(100_000))));
                    case 1 -> text.writeBytes(bytes(Long.toHexString(random.nextLong())));
                    case 2 -> text.writeBytes(bytes(String.format("%0" + (1 + random.nextInt(20)) + "d", lines)));
                    case 3 -> text.writeBytes(bytes(Long.toString(random.nextLong())));
                    case 4 -> {
                        byte[] odd = new byte[random.nextInt(6)];
                        random.nextBytes(odd);
                        text.writeBytes(odd);
                    }
                    case 5 -> text.writeBytes(bytes("\r"));
                    default -> text.writeBytes(bytes("DEAD" + (char) ('a' + random.nextInt(26))));
                }
                text.write(" :/.,-".charAt(random.nextInt(6)));
            }
            text.write('\n');
        }
        if (random.nextBoolean()) {
            text.writeBytes(bytes("no end 1"));
        }
        return text.toByteArray();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void givesRandomBytesBack(long seed) throws Exception {
        Random random = new Random(seed);
        List<Sealed> segments = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            try (SampleSegment segment = new SampleSegment(directory, 10 + i * 100)) {
                for (int blocks = 1 + random.nextInt(8); blocks > 0; blocks--) {
                    long epoch = 1 + random.nextInt(3);
                    switch (random.nextInt(5)) {
                        case 0 -> segment.gap(epoch, 1 + random.nextInt(100));
                        case 1 -> segment.events(epoch, 1 + random.nextInt(900), random);
                        case 2 -> {
                            byte[] noise = new byte[1 + random.nextInt(50_000)];
                            random.nextBytes(noise);
                            segment.lines(epoch, noise);
                        }
                        default -> segment.lines(epoch, randomText(random));
                    }
                }
                segments.add(segment.seal());
            }
        }
        requireLossless(segments);
    }

    @Test
    void keepsABlockThatIsTooLongWithoutCompression() throws Exception {
        try (SampleSegment segment = new SampleSegment(directory, 5)) {
            segment.longAttributes(1).longAttributes(1);
            Sealed sealed = segment.seal();
            requireLossless(List.of(sealed));
            try (SegmentReader reader = SegmentReader.open(sealed.file())) {
                assertThat(reader.next()).isTrue();
                assertThat(PlainBlock.columnBytes(reader.block())).isGreaterThan(Block.MAX_BYTES);
            }
        }
    }

    @Test
    void writesTheSameBytesForTheSameSegments() throws Exception {
        try (SampleSegment segment = new SampleSegment(directory, 5)) {
            segment.events(1, 500, new Random(3)).lines(2, randomText(new Random(4)));
            Sealed sealed = segment.seal();
            assertThat(ColdObjects.of(sealed)).isEqualTo(ColdObjects.of(sealed));
        }
    }

    /** So that a restored segment is the one that catalogs and manifests name. */
    @Test
    void holdsAllThatMakesTheSegmentsFileAgain() throws Exception {
        try (SampleSegment segment = new SampleSegment(directory, 5)) {
            segment.events(1, 500, new Random(3))
                    .gap(2, 7)
                    .lines(2, randomText(new Random(4)))
                    .lines(2, bytes("x"));
            Sealed sealed = segment.seal();
            Path again = directory.resolve("again.seg");
            try (ColdObjectReader reader = ColdObjectReader.open(new ColdObjects.Counted(ColdObjects.of(sealed)));
                    BlockPacker packer = new BlockPacker()) {
                ColdSegmentReader blocks = reader.segment(0);
                ColdSegment cold = blocks.segment();
                try (SegmentWriter writer = SegmentWriter.create(again, blocks.header(), SegmentWriter.scratch())) {
                    while (blocks.next()) {
                        writer.append(
                                blocks.epochInfo(),
                                blocks.raftIndex(),
                                blocks.stampMillis(),
                                packer.pack(blocks.block()));
                    }
                    assertThat(writer.seal(cold.sealRaftIndex(), cold.sealStampMillis(), cold.totals()))
                            .isEqualTo(sealed.sha256());
                }
                assertThat(again).hasSameBinaryContentAs(sealed.file());
            }
        }
    }

    @Test
    void refusesASegmentThatIsNotSealedOrNotBehindTheOneBefore() throws Exception {
        try (SampleSegment segment = new SampleSegment(directory, 5)) {
            segment.lines(1, bytes("a 1\n"));
            Path file = directory.resolve("s3-0000000000000005.seg");
            try (ColdObjectWriter writer = new ColdObjectWriter(new ByteArrayOutputStream(), SMALL);
                    SegmentReader open = SegmentReader.open(file)) {
                assertThatThrownBy(() -> writer.add(open, 1, "00".repeat(32)))
                        .isInstanceOf(CorruptSegmentException.class)
                        .hasMessageContaining("sealed");
            }
            segment.seal();
            try (ColdObjectWriter writer = new ColdObjectWriter(new ByteArrayOutputStream(), SMALL);
                    SegmentReader first = SegmentReader.open(file);
                    SegmentReader again = SegmentReader.open(file)) {
                writer.add(first, 1, "00".repeat(32));
                assertThatThrownBy(() -> writer.add(again, 1, "00".repeat(32)))
                        .isInstanceOf(IllegalArgumentException.class);
            }
        }
    }

    @Test
    void findsARareWordInFewOfTheBlocks() throws Exception {
        try (SampleSegment segment = new SampleSegment(directory, 5)) {
            for (int block = 0; block < 12; block++) {
                StringBuilder text = new StringBuilder();
                for (int i = 0; text.length() < 900_000; i++) {
                    text.append("order ").append(i).append(" of ").append(block).append(" accepted\n");
                }
                text.append(block == 7 ? "order refused by chargeback77a\n" : "order held\n");
                segment.lines(1, bytes(text.toString()));
            }
            byte[] object = ColdObjects.of(SMALL, List.of(segment.seal()));
            ColdObjects.Counted ranges = new ColdObjects.Counted(object);
            try (ColdObjectReader reader = ColdObjectReader.open(ranges)) {
                List<ColdBlock> blocks = reader.index().blocks();
                assertThat(blocks).hasSize(12);
                assertThat(blocks).allMatch(block -> block.words().mayContain(bytes("accepted")));
                List<ColdBlock> found = blocks.stream()
                        .filter(block -> block.words().mayContain(bytes("chargeback77a")))
                        .toList();
                assertThat(found).hasSizeLessThanOrEqualTo(3).contains(blocks.get(7));
                assertThat(blocks).allMatch(block -> block.words().falsePositiveRate() < 0.1);
                for (ColdBlock block : found) {
                    reader.records(block);
                }
                assertThat(ranges.reads).isEqualTo(1 + found.size());
            }
        }
    }
}
