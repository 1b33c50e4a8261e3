package dev.raftsman.store;

import dev.raftsman.catalog.CatalogJson;
import dev.raftsman.catalog.Command;
import dev.raftsman.catalog.MalformedJsonException;
import dev.raftsman.catalog.SegmentRef;
import dev.raftsman.segment.SegmentId;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How nodes come to one digest of each sealed segment. Each computes it while it writes the segment, so that one whose
 * memory or disk fails has another one, without knowing. The leader asks the others for theirs, by {@link
 * PeerFiles#DIGESTS}; what a majority has goes through the log as {@link Command.Attest}. A node that fetched its copy
 * speaks for that.
 */
public final class Attestation {
    private static final Logger LOG = LoggerFactory.getLogger(Attestation.class);

    /** Segments that one question is about. */
    public static final int MAX_SEGMENTS = SegmentRef.MAX_IN_COMMAND;

    record Question(List<SegmentId> segments) {
        Question {
            segments = List.copyOf(segments);
            if (segments.size() > MAX_SEGMENTS) {
                throw new IllegalArgumentException(segments.size() + " segments; at most " + MAX_SEGMENTS);
            }
        }
    }

    record Answer(List<SegmentRef> segments) {
        Answer {
            segments = List.copyOf(segments);
        }
    }

    private Attestation() {}

    /** This node's digests of the segments asked for, as far as it has them sealed and knows of no damage. */
    public static Chunks answer(ReplicatedState state, ByteBuffer encoded) throws IOException {
        List<SegmentRef> own = new ArrayList<>();
        for (SegmentId id : decode(encoded, Question.class).segments()) {
            state.ownDigest(id).ifPresent(own::add);
        }
        ByteBuffer[] answer = {encode(new Answer(own))};
        return () -> {
            ByteBuffer chunk = answer[0];
            answer[0] = null;
            return chunk;
        };
    }

    /**
     * Asks the other members.
     *
     * @param self this node, which leads
     * @param own its digests
     * @param others by id
     * @param members how many there are with this one
     * @return commands to submit: each about segments that the same majority agrees on
     */
    public static List<Command.Attest> gather(
            String self, List<SegmentRef> own, Map<String, PeerFiles> others, int members) {
        Map<SegmentRef, TreeSet<String>> votes = new LinkedHashMap<>();
        own.forEach(ref -> votes.computeIfAbsent(ref, any -> new TreeSet<>()).add(self));
        ByteBuffer question =
                encode(new Question(own.stream().map(SegmentRef::segment).toList()));
        others.forEach((node, peer) -> {
            try (Chunks chunks = peer.ask(PeerFiles.DIGESTS, question.duplicate())) {
                ByteBuffer chunk = chunks.next();
                if (chunk != null) {
                    decode(chunk, Answer.class)
                            .segments()
                            .forEach(ref -> votes.computeIfAbsent(ref, any -> new TreeSet<>())
                                    .add(node));
                }
            } catch (IOException e) {
                LOG.debug("no digests of {}", node, e);
            }
        });
        Map<List<String>, List<SegmentRef>> agreed = new LinkedHashMap<>();
        votes.forEach((ref, nodes) -> {
            if (nodes.size() > members / 2) {
                agreed.computeIfAbsent(List.copyOf(nodes), any -> new ArrayList<>())
                        .add(ref);
            }
        });
        List<Command.Attest> commands = new ArrayList<>();
        agreed.forEach((nodes, refs) -> commands.add(new Command.Attest(refs, nodes, members)));
        return commands;
    }

    private static ByteBuffer encode(Record value) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try {
            CatalogJson.write(out, value);
        } catch (IOException e) {
            throw new IllegalStateException("memory does not fail", e);
        }
        return ByteBuffer.wrap(out.toByteArray());
    }

    private static <T extends Record> T decode(ByteBuffer encoded, Class<T> type) throws IOException {
        byte[] bytes = new byte[encoded.remaining()];
        encoded.duplicate().get(bytes);
        try {
            return CatalogJson.read(new ByteArrayInputStream(bytes), type);
        } catch (MalformedJsonException e) {
            throw new PeerFailedException(e.getMessage(), e);
        }
    }
}
