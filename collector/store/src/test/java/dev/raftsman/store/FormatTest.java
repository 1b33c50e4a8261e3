package dev.raftsman.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.raftsman.catalog.Command;
import dev.raftsman.catalog.CommandResult;
import dev.raftsman.catalog.Verdict;
import dev.raftsman.disk.Checksum;
import dev.raftsman.segment.CorruptSegmentException;
import dev.raftsman.segment.SampleBlocks;
import dev.raftsman.segment.SegmentReader;
import dev.raftsman.segment.UnsupportedFormatException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Bytes that other versions will meet: they change only with the version beside them. */
final class FormatTest {
    private static final HexFormat HEX = HexFormat.of();
    private static final String SEGMENT_SHA256 = "f9ce64f315ebd74e13cfadd467bc26a1b5b45843e2de87e1db4509289edbef3d";

    @TempDir
    private Path directory;

    @Test
    void entriesAndRepliesAreTheBytesDrawn() {
        byte[] append = new Entry.Append(0x0102, List.of(new EpochBlock(7, SampleBlocks.gap(0, 3)))).encode();
        assertThat(HEX.formatHex(append, 0, 26))
                .isEqualTo("01" + "01" + "0201000000000000" + "0700000000000000" + "40000000" + "52424b31");
        byte[] change = new Entry.Change(1, new Command.Forget(7)).encode();
        assertThat(HEX.formatHex(change, 0, 10)).isEqualTo("01" + "02" + "0100000000000000");
        assertThat(new String(change, 10, change.length - 10, StandardCharsets.UTF_8))
                .isEqualTo("{\"command\":\"forget\",\"epoch\":7}");
        byte[] verdicts = new Reply.AppendReply(
                        List.of(new Verdict(Verdict.Kind.ACCEPTED, 9), new Verdict(Verdict.Kind.EXPECTED, 10)))
                .encode();
        assertThat(HEX.formatHex(verdicts))
                .isEqualTo("01" + "01" + "00" + "0900000000000000" + "02" + "0a00000000000000");
        byte[] done = new Reply.ChangeReply(new CommandResult.Done(2)).encode();
        assertThat(HEX.formatHex(done, 0, 2)).isEqualTo("0102");
    }

    @Test
    void aSegmentIsTheBytesDrawn() throws IOException {
        Path data = directory.resolve("data");
        Entries entries = new Entries();
        try (ReplicatedState state = ReplicatedState.open(data, StoreSettings.DEFAULT)) {
            long epoch = entries.open(state, "app", "audit");
            entries.append(state, epoch, SampleBlocks.gap(0, 3));
            entries.append(state, epoch, SampleBlocks.gap(3, 4));
            entries.change(state, new Command.Seal("acme", "audit", 0));
            assertThat(state.view().segments().get(0).sha256()).isEqualTo(SEGMENT_SHA256);
        }
    }

    @Test
    void aSegmentOfANewerFormatIsNamed() throws IOException {
        byte[] segment = segment();
        segment[8] = 2;
        ByteBuffer header = ByteBuffer.wrap(segment).order(ByteOrder.LITTLE_ENDIAN);
        int crcOffset = header.getInt(4) - 4;
        header.putInt(crcOffset, Checksum.crc32c(header, 0, crcOffset));
        assertThatThrownBy(() -> SegmentReader.of("newer", segment))
                .isInstanceOf(UnsupportedFormatException.class)
                .hasMessage("newer: segment format 2; expected 1");
    }

    private byte[] segment() throws IOException {
        Path data = directory.resolve("any");
        Entries entries = new Entries();
        try (ReplicatedState state = ReplicatedState.open(data, StoreSettings.DEFAULT)) {
            long epoch = entries.open(state, "app", "audit");
            for (int i = 0; i < 5; i++) {
                entries.append(state, epoch, SampleBlocks.gap(i * 10L, 10));
            }
            entries.change(state, new Command.Seal("acme", "audit", 0));
        }
        return Entries.files(data).firstEntry().getValue().array();
    }

    /** Wrong bytes under a right checksum: what a program's mistake, not a disk's, would leave. */
    @Test
    void readersMeetOnlyDeclaredErrors() throws IOException {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        byte[] whole = segment();
        int firstRecord = ByteBuffer.wrap(whole).order(ByteOrder.LITTLE_ENDIAN).getInt(4);
        for (int round = 0; round < 3_000; round++) {
            byte[] bytes = whole.clone();
            ByteBuffer segment = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
            for (int at = firstRecord; at + 40 <= bytes.length; ) {
                int next = at + 40 + segment.getInt(at);
                if (random.nextInt(4) == 0) {
                    bytes[at + random.nextInt(32)] = (byte) random.nextInt();
                }
                if (segment.get(at + 4) != 2 && random.nextInt(4) == 0) {
                    bytes[at + 40 + random.nextInt(next - at - 40)] = (byte) random.nextInt();
                    segment.putInt(at + 32, Checksum.crc32c(segment, at + 40, next - at - 40));
                }
                segment.putInt(at + 36, Checksum.crc32c(segment, at, 36));
                at = next;
            }
            try (SegmentReader reader = SegmentReader.of("seed " + seed, bytes)) {
                while (reader.next()) {
                    assertThat(reader.block().count()).isPositive();
                }
            } catch (CorruptSegmentException e) {
                assertThat(e.offset()).isBetween(0L, (long) bytes.length);
            }
        }
    }

    @Test
    void decodersMeetOnlyDeclaredErrors() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        byte[] append = new Entry.Append(
                        1,
                        List.of(new EpochBlock(7, SampleBlocks.gap(0, 3)), new EpochBlock(8, SampleBlocks.gap(3, 1))))
                .encode();
        byte[] reply = new Reply.AppendReply(List.of(new Verdict(Verdict.Kind.ACCEPTED, 9))).encode();
        int refused = 0;
        for (int round = 0; round < 3_000; round++) {
            byte[] entry = Arrays.copyOf(append, random.nextInt(append.length + 1));
            byte[] answer = Arrays.copyOf(reply, random.nextInt(reply.length + 3));
            if (entry.length > 0) {
                entry[random.nextInt(Math.min(entry.length, 30))] = (byte) random.nextInt();
            }
            if (answer.length > 0) {
                answer[random.nextInt(answer.length)] = (byte) random.nextInt(4);
            }
            try {
                assertThat(Entry.decode(ByteBuffer.wrap(entry)).encode())
                        .as("seed %s", seed)
                        .isEqualTo(entry);
                assertThat(Reply.decode(ByteBuffer.wrap(answer))).isNotNull();
            } catch (MalformedEntryException e) {
                refused++;
            }
        }
        assertThat(refused).isPositive();
    }
}
