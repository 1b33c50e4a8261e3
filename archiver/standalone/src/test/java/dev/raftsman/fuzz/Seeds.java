package dev.raftsman.fuzz;

import com.github.luben.zstd.Zstd;
import dev.raftsman.block.Block;
import dev.raftsman.block.EventBlockBuilder;
import dev.raftsman.block.GapBlock;
import dev.raftsman.block.Labels;
import dev.raftsman.block.LineBlockBuilder;
import dev.raftsman.catalog.CatalogJson;
import dev.raftsman.catalog.Command;
import dev.raftsman.catalog.CommandResult;
import dev.raftsman.catalog.SegmentView;
import dev.raftsman.cold.ColdObjectWriter;
import dev.raftsman.cold.ColdSettings;
import dev.raftsman.event.Level;
import dev.raftsman.event.Loss;
import dev.raftsman.event.LossReason;
import dev.raftsman.event.NameTable;
import dev.raftsman.event.RowBatch;
import dev.raftsman.event.RowWriter;
import dev.raftsman.segment.EpochInfo;
import dev.raftsman.segment.SegmentHeader;
import dev.raftsman.segment.SegmentId;
import dev.raftsman.segment.SegmentReader;
import dev.raftsman.segment.SegmentTally;
import dev.raftsman.segment.SegmentWriter;
import dev.raftsman.store.Entry;
import dev.raftsman.store.EpochBlock;
import dev.raftsman.store.ReplicatedState;
import dev.raftsman.store.Reply;
import dev.raftsman.store.StoreSettings;
import dev.raftsman.wire.Frame;
import dev.raftsman.wire.FrameCodec;
import dev.raftsman.wire.RefuseReason;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;

/**
 * Makes the seeds from the real writers of each format, always the same bytes. After a change of a format:
 *
 * <pre>{@code
 * java -cp ... dev.raftsman.fuzz.Seeds archiver/standalone/src/test/resources
 * }</pre>
 */
final class Seeds {
    private static final UUID INCARNATION = new UUID(1, 2);
    private static final long TIME_NANOS = 1_700_000_000_000_000_000L;

    private final Path resources;

    private Seeds(Path resources) {
        this.resources = resources;
    }

    public static void main(String[] arguments) throws IOException {
        Seeds seeds = new Seeds(Path.of(arguments[0]));
        seeds.frames();
        seeds.blocks();
        seeds.rows();
        seeds.entries();
        seeds.json();
        seeds.store();
        seeds.cold();
    }

    private void write(String target, String name, byte[] data) throws IOException {
        Path directory = resources.resolve("dev/raftsman").resolve(target);
        Files.createDirectories(directory);
        Files.write(directory.resolve(name), data);
    }

    private static byte[] bytes(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.remaining()];
        buffer.duplicate().get(bytes);
        return bytes;
    }

    // ---- frames

    private static List<Frame> everyFrame() {
        return List.of(
                new Frame.Hello(1, 3, "acme", "host-a"),
                new Frame.Open(7, "orders", INCARNATION, "ströme"),
                new Frame.Resume(8, 99),
                new Frame.Append(5, lines(0)),
                new Frame.Close(9, 5, -1, new Loss(LossReason.RING_FULL, 12)),
                new Frame.Forget(10, 5),
                new Frame.Ping(77),
                new Frame.Lag("ströme", 4_096, 1_500),
                new Frame.Welcome(1, "c1", 16 << 20),
                new Frame.Opened(7, 5, -1),
                new Frame.Resumed(8, 41),
                new Frame.Ack(5, Long.MAX_VALUE),
                new Frame.Refuse(0, 5, RefuseReason.EXPECTED, 42, 100, "127.0.0.1:7441", "why"),
                new Frame.Closed(9),
                new Frame.Forgotten(10),
                new Frame.Pong(77),
                new Frame.Credit(1));
    }

    private void frames() throws IOException {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        all.write(6);
        for (Frame frame : everyFrame()) {
            byte[] encoded = bytes(FrameCodec.encode(frame));
            all.write(encoded);
            byte[] body = Arrays.copyOfRange(encoded, FrameCodec.LENGTH_BYTES, encoded.length);
            write("fuzz/FrameFuzzTestInputs/frame", frame.getClass().getSimpleName(), body);
        }
        String stream = "ingest/FrameStreamFuzzTestInputs/stream";
        write(stream, "every-frame", all.toByteArray());
        byte[] hello = bytes(FrameCodec.encode(new Frame.Hello(1, 1, "acme", "host-a")));
        write(stream, "hello-cut", Arrays.copyOf(hello, hello.length - 1));
        write(stream, "http", "\7GET / HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        write(stream, "tls", new byte[] {7, 0x16, 3, 1, 2, 0, 1, 0, 1, (byte) 0xFC, 3, 3});
        write(stream, "length-2GiB", new byte[] {7, -1, -1, -1, 0x7F, 4});
        write(stream, "length-negative", new byte[] {7, -1, -1, -1, -1, 4});
        write(stream, "length-0", new byte[] {7, 0, 0, 0, 0, 4});
    }

    // ---- blocks

    private static ByteBuffer lines(long first) {
        byte[] text = "GET /a\nGET /b\n".getBytes(StandardCharsets.US_ASCII);
        ByteBuffer direct = ByteBuffer.allocateDirect(text.length).put(text).flip();
        try (LineBlockBuilder builder = new LineBlockBuilder()) {
            ByteBuffer built = builder.build(direct, first, 2, Loss.NONE, TIME_NANOS, TIME_NANOS);
            return ByteBuffer.wrap(bytes(built)).order(ByteOrder.LITTLE_ENDIAN);
        }
    }

    private static byte[] labeledLines() {
        Labels labels = Labels.of(Map.of("host", "h1", "pod", "p"));
        byte[] text = "one\ntwo".getBytes(StandardCharsets.US_ASCII);
        ByteBuffer direct = ByteBuffer.allocateDirect(labels.bytes() + text.length);
        direct.position(labels.bytes()).put(text).position(labels.bytes());
        try (LineBlockBuilder builder = new LineBlockBuilder()) {
            return bytes(
                    builder.build(direct, labels, 3, 2, new Loss(LossReason.RING_FULL, 4), TIME_NANOS, TIME_NANOS + 1));
        }
    }

    private static byte[] compressedLines() {
        byte[] text = "the same line again\n".repeat(200).getBytes(StandardCharsets.US_ASCII);
        ByteBuffer direct = ByteBuffer.allocateDirect(text.length).put(text).flip();
        try (LineBlockBuilder builder = new LineBlockBuilder()) {
            return bytes(builder.build(direct, 0, 200, Loss.NONE, TIME_NANOS, TIME_NANOS));
        }
    }

    private static byte[] events() {
        try (EventBlockBuilder builder = new EventBlockBuilder(1 << 20)) {
            builder.label(Labels.of(Map.of("host", "h1")));
            for (int i = 0; i < 3; i++) {
                byte[] text = ("event " + i).getBytes(StandardCharsets.US_ASCII);
                builder.beginText(TIME_NANOS + i, i == 2);
                builder.text(text, 0, text.length);
                if (i > 0) {
                    builder.attribute("key".getBytes(StandardCharsets.US_ASCII), text);
                }
                builder.endText(text.length + 1);
            }
            return bytes(builder.build(9, Loss.NONE));
        }
    }

    /** Header and columns as they are before they are compressed. */
    private static byte[] plain(byte[] block) {
        if (block[14] == 0) {
            return block;
        }
        int inflated = ByteBuffer.wrap(block).order(ByteOrder.LITTLE_ENDIAN).getInt(32);
        byte[] columns = Zstd.decompress(Arrays.copyOfRange(block, Block.HEADER_BYTES, block.length), inflated);
        byte[] plain = Arrays.copyOf(block, Block.HEADER_BYTES + inflated);
        System.arraycopy(columns, 0, plain, Block.HEADER_BYTES, inflated);
        plain[14] = 0;
        return plain;
    }

    private void blocks() throws IOException {
        String target = "fuzz/BlockFuzzTestInputs/block";
        Map<String, byte[]> blocks = Map.of(
                "lines", bytes(lines(0)),
                "labels", labeledLines(),
                "compressed", compressedLines(),
                "events", events(),
                "gap", bytes(GapBlock.encode(7, 5, LossReason.PROCESS_DIED, TIME_NANOS)));
        for (Map.Entry<String, byte[]> block : blocks.entrySet()) {
            byte[] plain = plain(block.getValue());
            write(target, block.getKey(), new Input(Input.RAW, block.getValue()).joined());
            write(target, block.getKey() + "-plain", new Input(Input.REPAIRED, plain).joined());
            write(
                    target,
                    block.getKey() + "-packed",
                    new Input(Input.REPAIRED | BlockFuzzTest.COMPRESSED, plain).joined());
        }
        ByteBuffer bomb = ByteBuffer.wrap(plain(compressedLines())).order(ByteOrder.LITTLE_ENDIAN);
        int stated = Input.REPAIRED | BlockFuzzTest.COMPRESSED | BlockFuzzTest.INFLATED_AS_STATED;
        for (int inflated : new int[] {200, Block.MAX_INFLATED_BYTES, Integer.MAX_VALUE, -1}) {
            write(
                    target,
                    "inflates-to-" + inflated,
                    new Input(stated, bomb.putInt(32, inflated).array()).joined());
        }
    }

    // ---- rows

    private void rows() throws IOException {
        NameTable names = new NameTable();
        RowBatch batch = new RowBatch(names, 1 << 10, 1 << 12);
        byte[] scratch = new byte[1 << 10];
        for (int i = 0; i < 3; i++) {
            RowWriter row = new RowWriter(i == 0 ? null : names)
                    .begin(scratch, 0, scratch.length, Level.ofCode(i), TIME_NANOS + i, RowWriter.UNCUT)
                    .logger("shop.Orders")
                    .thread("main");
            row = i == 0
                    ? row.message("plain")
                    : row.pattern("order {} of {}").argument(i).argument("x");
            if (i == 2) {
                row = row.throwable("java.lang.Error").attribute("customer", "c1");
            }
            batch.add(scratch, 0, row.end());
        }
        byte[] definitions = bytes(batch.definitions());
        byte[] rows = bytes(batch.rows());
        byte[] both = Arrays.copyOf(definitions, definitions.length + rows.length);
        System.arraycopy(rows, 0, both, definitions.length, rows.length);
        write("fuzz/RowFuzzTestInputs/rows", "batch", new Input(definitions.length, both).joined());
    }

    // ---- entries and JSON

    private static List<Command> commands() {
        return List.of(
                new Command.Open("acme", "orders", INCARNATION, "audit"),
                new Command.Close(1, 9, LossReason.RING_FULL, 3),
                new Command.Forget(1),
                new Command.Configure(1 << 20),
                new Command.Seal("acme", Command.EVERY_STREAM, 5),
                new Command.AcquireLease("archiver", 1_000),
                new Command.Abort("archiver", INCARNATION),
                new Command.Commit("archiver", INCARNATION, "00ff", 12, null),
                new Command.RecordSnapshot("archiver", "s1", "s3", "key", List.of(1, 2), 9),
                new Command.DropSnapshot("archiver", "s1"));
    }

    private void entries() throws IOException {
        String target = "fuzz/EntryFuzzTestInputs/entry";
        for (Command command : commands()) {
            write(target, name(command), new Input(0, new Entry.Change(1_000, command).encode()).joined());
        }
        List<EpochBlock> blocks = List.of(new EpochBlock(1, lines(0)), new EpochBlock(1, lines(2)));
        write(target, "append", new Input(0, new Entry.Append(1_000, blocks).encode()).joined());
    }

    private static String name(Object value) {
        return value.getClass().getSimpleName();
    }

    private void json() throws IOException {
        for (Command command : commands()) {
            json(name(command), 0, CatalogJson.write(command));
        }
        json("deep", 0, "[".repeat(2_000).getBytes(StandardCharsets.US_ASCII));
        json(
                "long-number",
                0,
                ("{\"command\":\"forget\",\"epoch\":" + "9".repeat(2_000) + "}").getBytes(StandardCharsets.US_ASCII));
        json("exponent", 0, "{\"command\":\"forget\",\"epoch\":1e999999999}".getBytes(StandardCharsets.US_ASCII));
        json("array-of-one", 0, "{\"command\":\"forget\",\"epoch\":[1]}".getBytes(StandardCharsets.US_ASCII));
    }

    private void json(String name, int mode, byte[] json) throws IOException {
        write("fuzz/CatalogJsonFuzzTestInputs/json", name, new Input(mode, json).joined());
    }

    // ---- what a node has on its disk

    private void store() throws IOException {
        Path directory = Files.createTempDirectory("seeds");
        List<byte[]> replies = new ArrayList<>();
        try (ReplicatedState state = ReplicatedState.open(directory, StoreSettings.DEFAULT)) {
            List<Entry> entries = List.of(
                    new Entry.Change(1, new Command.Open("acme", "orders", INCARNATION, "audit")),
                    new Entry.Append(2, List.of(new EpochBlock(1, lines(0)), new EpochBlock(1, lines(7)))),
                    new Entry.Append(3, List.of(new EpochBlock(1, GapBlock.encode(2, 5, LossReason.PROCESS_DIED, 1)))),
                    new Entry.Change(4, new Command.Seal("acme", "audit", 0)),
                    new Entry.Append(5, List.of(new EpochBlock(1, lines(7)))));
            for (int i = 0; i < entries.size(); i++) {
                replies.add(state.apply(1, i, ByteBuffer.wrap(entries.get(i).encode())));
            }
            Path snapshot = directory.resolve("manifest");
            state.snapshot(snapshot);
            byte[] manifest = Files.readAllBytes(snapshot);
            String target = "fuzz/SnapshotFuzzTestInputs/snapshot";
            write(target, "whole", new Input(Input.RAW, manifest).joined());
            write(
                    target,
                    "json",
                    new Input(
                                    Input.REPAIRED,
                                    new String(manifest, StandardCharsets.UTF_8)
                                            .split("\n")[1].getBytes(StandardCharsets.UTF_8))
                            .joined());
            json("view", CatalogJsonFuzzTest.VIEW, CatalogJson.write(state.view()));
            for (SegmentView segment : state.view().segments()) {
                byte[] file = Files.readAllBytes(ReplicatedState.fileOf(directory, segment.id()));
                String name = segment.state().name().toLowerCase(Locale.ROOT);
                for (int modes = 0; modes < 4; modes++) {
                    write("fuzz/SegmentFuzzTestInputs/segment", name + "-" + modes, new Input(modes, file).joined());
                }
            }
        }
        for (int i = 0; i < replies.size(); i++) {
            write(
                    "fuzz/EntryFuzzTestInputs/entry",
                    "reply-" + i,
                    new Input(EntryFuzzTest.REPLY, replies.get(i)).joined());
            if (Reply.decode(ByteBuffer.wrap(replies.get(i))) instanceof Reply.ChangeReply change) {
                CommandResult result = change.result();
                json("result-" + i, CatalogJsonFuzzTest.RESULT, CatalogJson.write(result));
            }
        }
    }

    // ---- cold objects

    private static final int TRAILER_BYTES = 32;

    private void cold() throws IOException {
        String target = "fuzz/ColdFuzzTestInputs/object";
        byte[] lines = cold(textOf(40), 1);
        write(target, "lines", new Input(Input.RAW, lines).joined());
        Map<String, byte[]> objects = Map.of(
                "lines", lines,
                "choices", cold(choices(), 1),
                "events", cold(null, 1),
                "segments", cold(textOf(3), 3));
        for (Map.Entry<String, byte[]> object : objects.entrySet()) {
            byte[] parts = parts(object.getValue());
            write(target, object.getKey() + "-plain", new Input(Input.REPAIRED, parts).joined());
        }
    }

    private static String textOf(int count) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < count; i++) {
            text.append("order ").append(i).append(" of deadbeef").append(i % 7).append(" took 00");
            text.append(i * 31 % 977).append(i % 5 == 0 ? "" : " ms").append('\n');
        }
        return text.toString();
    }

    /** Lines of which some fields are known from others. */
    private static String choices() {
        String[] clients = {"10.1.2.3 alice", "10.1.2.4 bob", "10.9.9.9 carol", "10.7.0.1 dave"};
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < 60; i++) {
            text.append(clients[i * i % 7 % 4]).append(" \"GET /");
            text.append("abcdefgh".charAt(i % 8))
                    .append("x\" ")
                    .append(1_000 + i % 8 * 77)
                    .append('\n');
        }
        return text.toString();
    }

    /** @param text of lines; null for events */
    private static byte[] cold(String text, int segments) throws IOException {
        Path directory = Files.createTempDirectory("seeds");
        ByteArrayOutputStream object = new ByteArrayOutputStream();
        EpochInfo epoch = new EpochInfo(1, "orders", INCARNATION);
        try (ColdObjectWriter writer = new ColdObjectWriter(object, ColdSettings.DEFAULTS)) {
            for (int i = 0; i < segments; i++) {
                SegmentHeader header = new SegmentHeader(new SegmentId(1, 1 + i * 10L), "acme", "audit", 1);
                Path file = directory.resolve(header.id() + ".seg");
                SegmentTally tally = new SegmentTally();
                String sha256;
                try (SegmentWriter segment = SegmentWriter.create(file, header, SegmentWriter.scratch())) {
                    byte[] encoded = text == null ? events() : linesOf(text);
                    Block first = Block.wrap(ByteBuffer.wrap(encoded).order(ByteOrder.LITTLE_ENDIAN));
                    long next = first.endSequence() + 1;
                    for (Block block :
                            List.of(first, Block.wrap(GapBlock.encode(next, 5, LossReason.PROCESS_DIED, TIME_NANOS)))) {
                        segment.append(epoch, header.id().base() + 1, 2, block);
                        tally.add(epoch.epoch(), block);
                    }
                    sha256 = segment.seal(header.id().base() + 2, 3, tally.totals());
                }
                try (SegmentReader reader = SegmentReader.open(file)) {
                    writer.add(reader, Files.size(file), sha256);
                }
            }
            writer.finish();
        }
        return object.toByteArray();
    }

    private static byte[] linesOf(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        ByteBuffer direct = ByteBuffer.allocateDirect(bytes.length).put(bytes).flip();
        int count = (int) text.lines().count();
        try (LineBlockBuilder builder = new LineBlockBuilder()) {
            return bytes(builder.build(direct, 0, count, Loss.NONE, TIME_NANOS, TIME_NANOS));
        }
    }

    /** Of an object with one block, so that every byte can be changed to some effect: nothing is compressed. */
    private static byte[] parts(byte[] object) {
        ByteBuffer trailer = ByteBuffer.wrap(object, object.length - TRAILER_BYTES, TRAILER_BYTES)
                .slice()
                .order(ByteOrder.LITTLE_ENDIAN);
        int indexAt = (int) trailer.getLong(0);
        byte[] index =
                Zstd.decompress(Arrays.copyOfRange(object, indexAt, indexAt + trailer.getInt(8)), trailer.getInt(12));
        byte[] block = Arrays.copyOfRange(object, 8, indexAt);
        byte[] plain = plainLanes(block);
        int at = find(index, varint(block.length));
        byte[] length = varint(plain.length);
        ByteBuffer parts =
                ByteBuffer.allocate(4 + index.length + 8 + plain.length).order(ByteOrder.LITTLE_ENDIAN);
        int behind = at + varint(block.length).length;
        parts.putInt(at + length.length + index.length - behind);
        parts.put(index, 0, at)
                .put(length)
                .put(index, behind, index.length - behind)
                .put(plain);
        return bytes(parts.flip());
    }

    /** Where the only block's length is: behind the number of blocks, which is 1. */
    private static int find(byte[] index, byte[] length) {
        for (int at = index.length - length.length; at > 0; at--) {
            if (index[at - 1] == 1 && Arrays.equals(index, at, at + length.length, length, 0, length.length)) {
                return at;
            }
        }
        throw new IllegalStateException("no block of that length");
    }

    private static byte[] varint(long value) {
        ByteBuffer bytes = ByteBuffer.allocate(10);
        for (long rest = value; ; rest >>>= 7) {
            if (rest < 0x80) {
                return bytes(bytes.put((byte) rest).flip());
            }
            bytes.put((byte) (rest | 0x80));
        }
    }

    private static byte[] plainLanes(byte[] block) {
        ByteBuffer in = ByteBuffer.wrap(block);
        int count = readVarint(in);
        int[] plain = new int[count];
        int[] stored = new int[count];
        for (int i = 0; i < count; i++) {
            plain[i] = readVarint(in);
            stored[i] = readVarint(in);
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(varint(count));
        for (int length : plain) {
            out.writeBytes(varint(length));
            out.writeBytes(varint(length));
        }
        for (int i = 0; i < count; i++) {
            byte[] lane = new byte[stored[i]];
            in.get(lane);
            out.writeBytes(plain[i] == stored[i] ? lane : Zstd.decompress(lane, plain[i]));
        }
        return out.toByteArray();
    }

    private static int readVarint(ByteBuffer in) {
        int value = 0;
        for (int shift = 0; ; shift += 7) {
            byte b = in.get();
            value |= (b & 0x7F) << shift;
            if (b >= 0) {
                return value;
            }
        }
    }
}
