package dev.raftsman.query;

import dev.raftsman.block.EventBlockBuilder;
import dev.raftsman.block.GapBlock;
import dev.raftsman.block.LineBlockBuilder;
import dev.raftsman.catalog.CatalogView;
import dev.raftsman.catalog.Command;
import dev.raftsman.catalog.CommandResult;
import dev.raftsman.catalog.SegmentRef;
import dev.raftsman.config.HostPort;
import dev.raftsman.event.Loss;
import dev.raftsman.event.LossReason;
import dev.raftsman.segment.SegmentFile;
import dev.raftsman.segment.SegmentId;
import dev.raftsman.store.Entry;
import dev.raftsman.store.EpochBlock;
import dev.raftsman.store.ReplicatedState;
import dev.raftsman.store.Reply;
import dev.raftsman.store.StoreSettings;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** A node's state and pages without a log: the test applies. */
final class TestStreams implements QuerySource, AutoCloseable {
    static final long TIME_NANOS = 1_700_000_000_123_456_789L;

    private final AppliedSignal signal = new AppliedSignal();
    private final ReplicatedState state;
    private final QueryServer server;
    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private long index;

    TestStreams(Path directory, AccessToken token, Duration stalled) throws IOException {
        state = ReplicatedState.open(directory, StoreSettings.DEFAULT);
        server = QueryServer.start(
                new HostPort("127.0.0.1", 0), token, this, signal, null, null, System::currentTimeMillis, stalled);
    }

    QueryServer server() {
        return server;
    }

    // --- what is applied

    private synchronized Reply apply(Entry entry) {
        index++;
        Reply reply = Reply.decode(ByteBuffer.wrap(state.apply(1, index, ByteBuffer.wrap(entry.encode()))));
        signal.applied();
        return reply;
    }

    CommandResult change(Command command) {
        return ((Reply.ChangeReply) apply(new Entry.Change(1_000, command))).result();
    }

    long open(String producer, String stream) {
        UUID incarnation = new UUID(1, producer.hashCode());
        return ((CommandResult.Opened) change(new Command.Open("acme", producer, incarnation, stream))).epoch();
    }

    /** One entry. @return its index */
    long append(EpochBlock... blocks) {
        apply(new Entry.Append(1_000, List.of(blocks)));
        return index;
    }

    /** An entry of lines, {@code <prefix><sequence>}. */
    long lines(long epoch, long first, int count, String prefix) {
        return append(new EpochBlock(epoch, lineBlock(first, count, prefix, Loss.NONE)));
    }

    void seal(String stream) {
        change(new Command.Seal("acme", stream, 0));
    }

    /** The oldest hot segment is given up. */
    void truncateOldest() {
        change(new Command.AcquireLease("test", 1_000_000));
        SegmentRef oldest = state.view().segments().stream()
                .filter(segment -> segment.state().hot())
                .findFirst()
                .orElseThrow()
                .ref();
        change(new Command.Truncate("test", List.of(oldest), "policy", "age", "hash"));
    }

    static ByteBuffer lineBlock(long first, int count, String prefix, Loss loss) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < count; i++) {
            text.append(prefix).append(first + i).append('\n');
        }
        return lineBlock(first, count, text.toString().getBytes(StandardCharsets.UTF_8), loss);
    }

    static ByteBuffer lineBlock(long first, int count, byte[] text, Loss loss) {
        ByteBuffer direct = ByteBuffer.allocateDirect(text.length).put(text).flip();
        try (LineBlockBuilder builder = new LineBlockBuilder()) {
            return copy(builder.build(direct, first, count, loss, TIME_NANOS, TIME_NANOS));
        }
    }

    static ByteBuffer eventBlock(long first, String message) {
        try (EventBlockBuilder builder = new EventBlockBuilder(1 << 20)) {
            byte[] text = message.getBytes(StandardCharsets.UTF_8);
            builder.beginText(TIME_NANOS, false);
            builder.text(text, 0, text.length);
            builder.attribute("user".getBytes(StandardCharsets.UTF_8), "ö".getBytes(StandardCharsets.UTF_8));
            builder.endText(text.length);
            return copy(builder.build(first, Loss.NONE));
        }
    }

    static ByteBuffer gapBlock(long first, int count) {
        return GapBlock.encode(first, count, LossReason.PROCESS_DIED, TIME_NANOS);
    }

    private static ByteBuffer copy(ByteBuffer bytes) {
        return ByteBuffer.allocate(bytes.remaining()).put(bytes.duplicate()).flip();
    }

    // --- what is asked

    URI uri(String path) {
        return URI.create("http://127.0.0.1:" + server.port() + path);
    }

    HttpResponse<String> get(String path, String... headers) throws IOException, InterruptedException {
        return http.send(request(path, headers), HttpResponse.BodyHandlers.ofString());
    }

    <T> HttpResponse<T> get(String path, HttpResponse.BodyHandler<T> body, String... headers)
            throws IOException, InterruptedException {
        return http.send(request(path, headers), body);
    }

    private HttpRequest request(String path, String... headers) {
        HttpRequest.Builder request = HttpRequest.newBuilder(uri(path))
                .timeout(Duration.ofSeconds(20))
                .GET();
        return (headers.length == 0 ? request : request.headers(headers)).build();
    }

    /** What the lines of an answer have for a text field. */
    static List<String> values(String ndjson, String field) {
        List<String> found = new ArrayList<>();
        for (String line : ndjson.split("\n")) {
            int at = line.indexOf("\"" + field + "\":\"");
            if (at >= 0) {
                int from = at + field.length() + 4;
                found.add(line.substring(from, line.indexOf('"', from)));
            }
        }
        return found;
    }

    // --- what the pages ask

    @Override
    public ReplicatedState state() {
        return state;
    }

    @Override
    public AgentsStatus agents() {
        return new AgentsStatus(List.of());
    }

    @Override
    public CatalogView view() {
        return state.view();
    }

    @Override
    public Optional<SegmentFile> segment(SegmentId id) throws IOException {
        return state.openForRead(id);
    }

    @Override
    public NodeStatus status() {
        return new NodeStatus("test", "n1", "LEADER", true, "n1", "", 1, index, index, 0, 0, "ENOUGH", 1, "");
    }

    @Override
    public boolean alive() {
        return true;
    }

    @Override
    public void writeMetrics(OutputStream out) {
        // None here.
    }

    @Override
    public void close() throws IOException {
        server.close();
        state.close();
    }
}
