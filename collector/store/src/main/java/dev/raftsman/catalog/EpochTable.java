package dev.raftsman.catalog;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;

/**
 * Streams and epochs. Rows are never taken out: a forgotten epoch must be refused for ever, and its incarnation must never
 * be taken for a new one.
 */
final class EpochTable {
    private record StreamKey(String tenant, String stream) {}

    private record EpochKey(String tenant, String producer, UUID incarnation, String stream) {}

    private final TreeMap<Integer, StreamView> streams = new TreeMap<>();
    private final Map<StreamKey, StreamView> streamsByName = new HashMap<>();
    private final TreeMap<Long, Epoch> epochs = new TreeMap<>();
    private final Map<EpochKey, Epoch> epochsByKey = new HashMap<>();

    /** The least number for a new epoch. */
    private long firstNew = 1;

    EpochTable() {}

    EpochTable(List<StreamView> streams, List<Epoch.Image> epochs) {
        streams.forEach(this::add);
        for (Epoch.Image image : epochs) {
            add(Epoch.of(image));
        }
    }

    private void add(StreamView stream) {
        if (stream.number() < 1
                || streams.put(stream.number(), stream) != null
                || streamsByName.put(new StreamKey(stream.tenant(), stream.stream()), stream) != null) {
            throw new IllegalArgumentException("a second " + stream);
        }
    }

    private void add(Epoch epoch) {
        EpochKey key = new EpochKey(
                epoch.tenant(), epoch.info().producer(), epoch.info().incarnation(), stream(epoch.stream()).stream());
        if (epochs.put(epoch.info().epoch(), epoch) != null || epochsByKey.put(key, epoch) != null) {
            throw new IllegalArgumentException("a second " + epoch.view());
        }
    }

    CommandResult open(Command.Open open, long nowMillis) {
        EpochKey key = new EpochKey(open.tenant(), open.producer(), open.incarnation(), open.stream());
        Epoch epoch = epochsByKey.get(key);
        if (epoch == null) {
            StreamView stream = streamsByName.get(new StreamKey(open.tenant(), open.stream()));
            if (stream == null) {
                int streamNumber = streams.isEmpty() ? 1 : streams.lastKey() + 1;
                stream = new StreamView(streamNumber, open.tenant(), open.stream(), nowMillis);
                add(stream);
            }
            long number = Math.max(firstNew, epochs.isEmpty() ? 1 : epochs.lastKey() + 1);
            epoch = new Epoch(number, open.tenant(), open.producer(), open.incarnation(), stream.number(), nowMillis);
            add(epoch);
        }
        return new CommandResult.Opened(epoch.info().epoch(), epoch.last(), epoch.state());
    }

    CommandResult close(Command.Close close, long nowMillis) {
        Epoch epoch = epochs.get(close.epoch());
        if (epoch == null) {
            return new CommandResult.Refused(RefusalReason.UNKNOWN_EPOCH, "epoch " + close.epoch());
        }
        if (epoch.state() == EpochState.FORGOTTEN) {
            return new CommandResult.Refused(RefusalReason.FORGOTTEN_EPOCH, "epoch " + close.epoch());
        }
        if (close.last() != epoch.last()) {
            return new CommandResult.Refused(
                    RefusalReason.EXPECTED, "last " + epoch.last() + "; found " + close.last());
        }
        if (epoch.state() == EpochState.CLOSED) {
            return new CommandResult.Done(0);
        }
        epoch.close(close.lossCount(), nowMillis);
        return new CommandResult.Done(1);
    }

    CommandResult forget(Command.Forget forget) {
        Epoch epoch = epochs.get(forget.epoch());
        if (epoch == null) {
            return new CommandResult.Refused(RefusalReason.UNKNOWN_EPOCH, "epoch " + forget.epoch());
        }
        if (epoch.state().takesBlocks()) {
            return new CommandResult.Refused(
                    RefusalReason.OPEN_EPOCH, "epoch " + forget.epoch() + " is " + epoch.state() + "; close it before");
        }
        if (epoch.state() == EpochState.FORGOTTEN) {
            return new CommandResult.Done(0);
        }
        epoch.forget();
        return new CommandResult.Done(1);
    }

    /** @return null if there is none */
    Epoch epoch(long number) {
        return epochs.get(number);
    }

    StreamView stream(int number) {
        StreamView stream = streams.get(number);
        if (stream == null) {
            throw new IllegalArgumentException("stream " + number + " of " + streams.keySet());
        }
        return stream;
    }

    /** @return null if there is none of the name */
    StreamView stream(String tenant, String stream) {
        return streamsByName.get(new StreamKey(tenant, stream));
    }

    /** By number. */
    List<StreamView> streams() {
        return List.copyOf(streams.values());
    }

    /** New epochs get no number below this one. */
    void goOnAt(long firstNumber) {
        firstNew = firstNumber;
    }

    /** Whether the stream is here, or could be: none other has its number or its name. */
    boolean fits(StreamView stream) {
        StreamView byNumber = streams.get(stream.number());
        StreamView byName = streamsByName.get(new StreamKey(stream.tenant(), stream.stream()));
        return stream.number() >= 1 && (byNumber == null ? byName == null : byNumber.equals(byName));
    }

    /** @return false if it is here */
    boolean restore(StreamView stream) {
        if (streams.containsKey(stream.number())) {
            return false;
        }
        add(stream);
        return true;
    }

    private EpochKey key(EpochView epoch) {
        return new EpochKey(epoch.tenant(), epoch.producer(), epoch.incarnation(), stream(epoch.stream()).stream());
    }

    /** Whether the epoch is here, with the same last sequence, or could be: its stream is, and none other is it. */
    boolean fits(EpochView epoch) {
        StreamView stream = streams.get(epoch.stream());
        if (stream == null || !stream.tenant().equals(epoch.tenant())) {
            return false;
        }
        Epoch byNumber = epochs.get(epoch.epoch());
        Epoch byKey = epochsByKey.get(key(epoch));
        return byNumber == null ? byKey == null : byNumber.equals(byKey) && byNumber.last() == epoch.last();
    }

    /** @return false if it is here */
    boolean restore(EpochView epoch) {
        if (epochs.containsKey(epoch.epoch())) {
            return false;
        }
        add(Epoch.of(new Epoch.Image(epoch, List.of())));
        return true;
    }

    List<EpochView> views() {
        return epochs.values().stream().map(Epoch::view).toList();
    }

    List<Epoch.Image> images() {
        return epochs.values().stream().map(Epoch::image).toList();
    }
}
