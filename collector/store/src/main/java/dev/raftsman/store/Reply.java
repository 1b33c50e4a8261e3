package dev.raftsman.store;

import dev.raftsman.catalog.CatalogJson;
import dev.raftsman.catalog.CommandResult;
import dev.raftsman.catalog.MalformedJsonException;
import dev.raftsman.catalog.Verdict;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** What applying an entry answered; the bytes are drawn on the package's page. */
public sealed interface Reply {
    byte VERSION = 1;
    int HEAD_BYTES = 2;
    int VERDICT_BYTES = 9;

    byte[] encode();

    /** To an {@link Entry.Append}: one verdict for each block, in the entry's order. */
    record AppendReply(List<Verdict> verdicts) implements Reply {
        public AppendReply {
            verdicts = List.copyOf(verdicts);
        }

        @Override
        public byte[] encode() {
            ByteBuffer reply = ByteBuffer.allocate(HEAD_BYTES + verdicts.size() * VERDICT_BYTES)
                    .order(ByteOrder.LITTLE_ENDIAN);
            reply.put(VERSION).put(Entry.APPEND);
            for (Verdict verdict : verdicts) {
                reply.put(verdict.kind().code()).putLong(verdict.value());
            }
            return reply.array();
        }
    }

    /** To an {@link Entry.Change}, and to bytes that are no entry. */
    record ChangeReply(CommandResult result) implements Reply {
        public ChangeReply {
            Objects.requireNonNull(result, "result");
        }

        @Override
        public byte[] encode() {
            byte[] json = CatalogJson.write(result);
            ByteBuffer reply = ByteBuffer.allocate(HEAD_BYTES + json.length);
            return reply.put(VERSION).put(Entry.COMMAND).put(json).array();
        }
    }

    /**
     * Reads a reply; the buffer is not moved.
     *
     * @throws MalformedEntryException if the bytes are not exactly one reply
     */
    static Reply decode(ByteBuffer encoded) {
        ByteBuffer reply = encoded.slice().order(ByteOrder.LITTLE_ENDIAN);
        if (reply.remaining() < HEAD_BYTES || reply.get() != VERSION) {
            throw new MalformedEntryException("reply of " + reply.limit() + " bytes, or of another format");
        }
        byte type = reply.get();
        if (type == Entry.APPEND && reply.remaining() % VERDICT_BYTES == 0) {
            return new AppendReply(verdicts(reply));
        }
        if (type == Entry.COMMAND) {
            byte[] json = new byte[reply.remaining()];
            reply.get(json);
            try {
                return new ChangeReply(CatalogJson.readResult(json));
            } catch (MalformedJsonException e) {
                throw new MalformedEntryException(e.getMessage(), e);
            }
        }
        throw new MalformedEntryException("reply of type " + type + " and " + reply.limit() + " bytes");
    }

    private static List<Verdict> verdicts(ByteBuffer reply) {
        List<Verdict> verdicts = new ArrayList<>(reply.remaining() / VERDICT_BYTES);
        try {
            while (reply.hasRemaining()) {
                verdicts.add(new Verdict(Verdict.Kind.ofCode(reply.get()), reply.getLong()));
            }
        } catch (IllegalArgumentException e) {
            throw new MalformedEntryException(e.getMessage(), e);
        }
        return verdicts;
    }
}
