package dev.raftsman.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.raftsman.catalog.CatalogJson;
import dev.raftsman.catalog.CatalogView;
import dev.raftsman.catalog.Command;
import dev.raftsman.catalog.CommandResult;
import dev.raftsman.catalog.MalformedJsonException;
import dev.raftsman.catalog.SegmentView;
import dev.raftsman.cluster.NodeHttp.GoneException;
import dev.raftsman.cluster.NodeHttp.NotLeaderException;
import dev.raftsman.cluster.NodeHttp.Request;
import dev.raftsman.config.HostPort;
import dev.raftsman.objects.Sha256;
import dev.raftsman.search.WordFile;
import dev.raftsman.segment.SegmentId;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Speaks HTTP with whichever collectors answer. The leader is found by asking any node: one that does not lead answers 421
 * and names the leader, which is asked next. Thread-safe.
 */
public final class ClusterClient implements Cluster, SegmentRanges {
    private static final Logger LOG = LoggerFactory.getLogger(ClusterClient.class);
    /** One range of a segment: bounds memory, and what is read again when a node dies in the middle. */
    private static final int CHUNK_BYTES = 4 << 20;

    private static final int PARTIAL = 206;
    private static final int MAX_WORDS_LENGTH = 2_000;

    private final List<HostPort> nodes;
    private final Backoff backoff;
    private final ObjectMapper json = new ObjectMapper();
    private final NodeHttp http;

    /** Who did not answer when asked for words: it is done without theirs, rather than to wait again and again. */
    private final Set<HostPort> silent = ConcurrentHashMap.newKeySet();

    /** Whom to ask first. A stale value costs one refusal; any thread may write it. */
    private volatile HostPort leader;

    /** Of collectors that ask for no token. */
    public ClusterClient(List<HostPort> nodes, Backoff backoff) {
        this(nodes, backoff, "");
    }

    /**
     * @param nodes HTTP addresses of some or all collectors, at least one
     * @param token that the collectors ask for; empty: none
     */
    public ClusterClient(List<HostPort> nodes, Backoff backoff, String token) {
        if (nodes.isEmpty()) {
            throw new IllegalArgumentException("no collector's address");
        }
        this.nodes = List.copyOf(nodes);
        this.backoff = backoff;
        this.leader = nodes.get(0);
        this.http = new NodeHttp(token, json);
    }

    /** An answer that will be the same from every node and at every time. */
    public static final class FinalAnswerException extends IOException {
        private static final long serialVersionUID = 1L;

        private final String reason;

        FinalAnswerException(String message, String reason) {
            super(message);
            this.reason = reason;
        }

        /** What the node said is in the way. */
        public String reason() {
            return reason;
        }
    }

    /** The collectors ask for another token, or for one. */
    public static final class NotPermittedException extends IOException {
        private static final long serialVersionUID = 1L;

        NotPermittedException(String message) {
            super(message);
        }
    }

    /** No collector answered, or none that leads, for as long as the backoff allows. */
    public static final class NoAnswerException extends IOException {
        private static final long serialVersionUID = 1L;

        NoAnswerException(String message, IOException last) {
            super(message, last);
        }
    }

    private interface Question<T> {
        T ask(HostPort node) throws IOException;
    }

    @Override
    public CatalogView catalog() throws IOException {
        return ask("catalog", node -> catalog(node, "/v1/catalog?linearizable=true"));
    }

    /** What one node says of itself, as JSON; asks no other node and once only. */
    public String statusOf(HostPort node) throws IOException {
        return get(node, "/v1/status").text();
    }

    /** The tables as one node has applied them, which may be behind; asks no other node and once only. */
    public CatalogView catalogOf(HostPort node) throws IOException {
        return catalog(node, "/v1/catalog");
    }

    /** The metrics of one node, in the Prometheus text format; asks no other node and once only. */
    public String metricsOf(HostPort node) throws IOException {
        return get(node, "/metrics").text();
    }

    /**
     * What agents last said of what they still hold, for each stream the newest report that any node has.
     *
     * @return empty if no node answers, or all are of a version that does not know
     */
    public Optional<List<HostBacklog>> backlogs() throws IOException {
        Map<String, HostBacklog> newest = new TreeMap<>();
        boolean known = false;
        for (HostPort node : nodes) {
            try {
                JsonNode page = json.readTree(get(node, "/v1/agents").body());
                known = true;
                for (JsonNode agent : page.path("agents")) {
                    for (JsonNode stream : agent.path("streams")) {
                        HostBacklog backlog = HostBacklog.of(agent, stream);
                        newest.merge(backlog.key(), backlog, HostBacklog::newer);
                    }
                }
            } catch (InterruptedIOException e) {
                throw e;
            } catch (IOException e) {
                continue; // Down, or without that page: another may have it.
            }
        }
        return known ? Optional.of(List.copyOf(newest.values())) : Optional.empty();
    }

    @Override
    public Optional<NodeDisk> tightestDisk() {
        List<NodeDisk> disks = new ArrayList<>();
        for (HostPort node : nodes) {
            try {
                JsonNode status = json.readTree(statusOf(node));
                disks.add(new NodeDisk(
                        status.path("node").asText(node.toString()),
                        status.path("diskFreeBytes").asLong(NodeDisk.UNKNOWN),
                        status.path("disk").asText("")));
            } catch (IOException e) {
                continue; // Whether it is down or does not say: its disk is no reason for a decision.
            }
        }
        return NodeDisk.tightest(disks);
    }

    /** The members, and the change of them that is under way, as the leader knows them: JSON of {@code /v1/cluster}. */
    public String members() throws IOException {
        return ask("members", node -> get(node, "/v1/cluster?leader=true").text());
    }

    /**
     * Has the leader begin a change of the members, which goes on after this returns. May be asked again.
     *
     * @param verb add, remove, replace or transfer
     * @param request JSON, as {@code /v1/cluster} takes it
     * @return JSON of the change
     * @throws FinalAnswerException with what is in the way
     */
    public String changeMembers(String verb, String request) throws IOException {
        byte[] body = request.getBytes(StandardCharsets.UTF_8);
        return ask(
                verb,
                node -> http.ask(new Request(node, "/v1/cluster/" + verb, null, body))
                        .text());
    }

    public List<HostPort> nodes() {
        return nodes;
    }

    @Override
    public CommandResult execute(Command command) throws IOException {
        byte[] body = CatalogJson.write(command);
        return ask("command " + command.getClass().getSimpleName(), node -> {
            NodeHttp.Answer answer = http.ask(new Request(node, "/v1/commands", null, body));
            try {
                return CatalogJson.readResult(answer.body());
            } catch (MalformedJsonException e) {
                throw new IOException(node + " answers a command with " + e.getMessage(), e);
            }
        });
    }

    @Override
    public Map<SegmentId, Long> readsAgoMillis() {
        Map<SegmentId, Long> reads = new HashMap<>();
        for (HostPort node : nodes) {
            try {
                JsonNode page = json.readTree(get(node, "/v1/reads").body());
                for (JsonNode read : page.path("reads")) {
                    reads.merge(
                            SegmentId.parse(read.path("segment").asText()),
                            read.path("agoMillis").asLong(),
                            Math::min);
                }
            } catch (IOException | IllegalArgumentException e) {
                continue; // Down, or of a version that does not count: what it may have sent is not known to be wanted.
            }
        }
        return reads;
    }

    @Override
    public void fetch(SegmentView segment, Path file) throws IOException {
        fetch(segment, file, false);
    }

    @Override
    public void read(SegmentView segment, Path file) throws IOException {
        fetch(segment, file, true);
    }

    private void fetch(SegmentView segment, Path file, boolean isRead) throws IOException {
        IOException damaged = null;
        for (int round = 0; round < nodes.size(); round++) {
            MessageDigest digest = Sha256.digest();
            int first = round; // After a digest that does not agree, begin with another node.
            try (FileChannel out = FileChannel.open(
                    file, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE)) {
                for (long offset = 0; offset < segment.bytes(); ) {
                    byte[] chunk = available(segment, offset, first, isRead);
                    digest.update(chunk);
                    ByteBuffer rest = ByteBuffer.wrap(chunk);
                    while (rest.hasRemaining()) {
                        out.write(rest);
                    }
                    offset += chunk.length;
                }
            }
            String found = Sha256.hex(digest);
            if (segment.sha256() == null || segment.sha256().equals(found)) {
                return;
            }
            damaged = new IOException("segment " + segment.id() + " as sent by " + node(first) + " has SHA-256 " + found
                    + "; the catalog has " + segment.sha256());
        }
        throw new SegmentUnavailableException(segment.id(), damaged);
    }

    private byte[] available(SegmentView segment, long offset, int first, boolean isRead) throws IOException {
        try {
            return chunk(segment, offset, first, isRead);
        } catch (InterruptedIOException e) {
            throw e;
        } catch (IOException e) {
            throw new SegmentUnavailableException(segment.id(), e);
        }
    }

    private HostPort node(int number) {
        return nodes.get(number % nodes.size());
    }

    private byte[] chunk(SegmentView segment, long offset, int first, boolean isRead) throws IOException {
        return range(segment, offset, (int) Math.min(CHUNK_BYTES, segment.bytes() - offset), first, isRead);
    }

    @Override
    public Optional<SegmentRanges> ranges() {
        return Optional.of(this);
    }

    @Override
    public byte[] read(SegmentView segment, long offset, int length) throws IOException {
        try {
            return range(segment, offset, length, 0, true);
        } catch (InterruptedIOException e) {
            throw e;
        } catch (IOException e) {
            throw new SegmentUnavailableException(segment.id(), e);
        }
    }

    @Override
    public List<WordFile> words(List<SegmentView> segments, List<byte[]> of) {
        Map<SegmentId, SegmentView> wanted = new LinkedHashMap<>();
        segments.forEach(segment -> wanted.put(segment.id(), segment));
        List<WordFile> words = new ArrayList<>();
        for (HostPort node : nodes) {
            if (wanted.isEmpty() || silent.contains(node)) {
                continue;
            }
            String ids = wanted.keySet().stream().map(SegmentId::toString).collect(Collectors.joining(","));
            try {
                NodeHttp.Answer answer = get(node, "/v1/words?segments=" + ids + "&of=" + listed(of));
                InputStream files = new ByteArrayInputStream(answer.body());
                for (Optional<WordFile> file = WordFile.next(files); file.isPresent(); file = WordFile.next(files)) {
                    if (wanted.remove(file.get().segment()) != null) {
                        words.add(file.get());
                    }
                }
            } catch (IOException e) {
                LOG.debug("words are looked for elsewhere", e);
                silent.add(node);
            }
        }
        return words;
    }

    /** Some of them suffice: each leaves out what lacks it. */
    private static String listed(List<byte[]> words) {
        StringBuilder listed = new StringBuilder();
        for (byte[] word : words) {
            if (listed.length() + word.length < MAX_WORDS_LENGTH) {
                listed.append(listed.length() == 0 ? "" : ",").append(new String(word, StandardCharsets.US_ASCII));
            }
        }
        return listed.toString();
    }

    private byte[] range(SegmentView segment, long offset, int length, int first, boolean isRead) throws IOException {
        String range = "bytes=" + offset + "-" + (offset + length - 1);
        IOException last = null;
        long deadline = System.nanoTime() + backoff.limit().toNanos();
        for (int tries = 1; ; tries++) {
            int gone = 0;
            for (int i = 0; i < nodes.size(); i++) {
                HostPort node = node(first + i);
                try {
                    NodeHttp.Answer answer = http.ask(new Request(
                            node, "/v1/segments/" + segment.id() + (isRead ? "?read=true" : ""), range, null));
                    boolean fits = answer.body().length == length && (answer.status() == PARTIAL || offset == 0);
                    if (fits) {
                        return answer.body();
                    }
                    last = new IOException(node + " answers " + answer.status() + " with " + answer.body().length
                            + " bytes for " + range + " of segment " + segment.id());
                } catch (GoneException e) {
                    gone++;
                    last = e;
                } catch (IOException e) {
                    last = e;
                }
            }
            if (gone == nodes.size() || System.nanoTime() >= deadline) {
                throw last;
            }
            backoff.pause(tries);
        }
    }

    /** Asks the leader, follows its successors, goes on to the other nodes; for as long as the backoff allows. */
    private <T> T ask(String what, Question<T> question) throws IOException {
        IOException last = null;
        long deadline = System.nanoTime() + backoff.limit().toNanos();
        for (int tries = 1; ; tries++) {
            List<HostPort> asked = new ArrayList<>();
            List<HostPort> order = new ArrayList<>();
            order.add(leader);
            order.addAll(nodes);
            while (!order.isEmpty()) {
                HostPort node = order.remove(0);
                if (asked.contains(node)) {
                    continue;
                }
                asked.add(node);
                try {
                    T answer = question.ask(node);
                    leader = node;
                    return answer;
                } catch (NotLeaderException e) {
                    last = e;
                    if (e.leader() != null) {
                        order.add(0, e.leader());
                    }
                } catch (FinalAnswerException | NotPermittedException | InterruptedIOException e) {
                    throw e;
                } catch (IOException e) {
                    last = e;
                }
            }
            if (System.nanoTime() >= deadline) {
                throw new NoAnswerException(
                        what + ": no collector of " + nodes + " did it within "
                                + backoff.limit().toSeconds() + " s; last: " + last.getMessage(),
                        last);
            }
            backoff.pause(tries);
        }
    }

    private NodeHttp.Answer get(HostPort node, String page) throws IOException {
        return http.ask(Request.get(node, page));
    }

    /** Read as it comes: of a hundred thousand segments it has some sixty megabytes. */
    private CatalogView catalog(HostPort node, String page) throws IOException {
        return http.ask(Request.get(node, page), (status, body) -> {
            try {
                return CatalogJson.read(body, CatalogView.class);
            } catch (MalformedJsonException e) {
                throw new IOException("sends a catalog that is " + e.getMessage(), e);
            }
        });
    }

    @Override
    public void close() {
        http.close();
    }
}
