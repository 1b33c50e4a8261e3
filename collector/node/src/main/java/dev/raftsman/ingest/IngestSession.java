package dev.raftsman.ingest;

import dev.raftsman.block.Block;
import dev.raftsman.block.CorruptBlockException;
import dev.raftsman.catalog.Command;
import dev.raftsman.catalog.CommandResult;
import dev.raftsman.catalog.EpochState;
import dev.raftsman.catalog.RefusalReason;
import dev.raftsman.catalog.Verdict;
import dev.raftsman.event.Names;
import dev.raftsman.wire.Frame;
import dev.raftsman.wire.RefuseReason;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalLong;

/**
 * One connection's side of the protocol, as a state machine on frames: no socket, no clock, no thread inside.
 *
 * <pre>
 *  GREETING --HELLO, this node leads--> SERVING --bad frame, leadership lost, engine gives up--> ENDED
 *      \--anything else: REFUSE--------------------------------------------------------------->
 * </pre>
 */
final class IngestSession {
    private enum State {
        GREETING,
        SERVING,
        ENDED
    }

    /** Who leads, as the session needs to know it. */
    interface Lead {
        /** Whether this node takes entries now. */
        boolean here();

        /** Ingest address of the leader, or empty. */
        String address();

        /** What producers have to wait for, though this node leads; empty if they may come. */
        String waitsFor();
    }

    private record Answer(long afterBlocks, Runnable say) {}

    private static final int THROTTLE_RETRY_MILLIS = 1_000;

    /**
     * More requests than this without an answer, and no frame is taken: each is an entry of the log, or a read of it, and
     * everybody else's blocks wait behind it. Enough to keep the log busy.
     */
    static final int MAX_REQUESTS = 16;

    /** So many blocks may arrive damaged on one connection; the last of them ends it. */
    static final int MAX_DAMAGED_BLOCKS = 3;

    /** In a refusal EXPECTED: the sidecar must ask by RESUME. */
    private static final long EXPECTED_UNKNOWN = -1;

    private final String node;
    private final long creditBytes;
    private final Lead lead;
    private final SessionActions actions;
    private final Map<Long, Long> acksToSend = new LinkedHashMap<>();
    private final Map<Integer, Command> asked = new HashMap<>();

    private State state = State.GREETING;
    private int version;
    private String tenant = "";
    private String agent = "";
    /** What waits for the answers to the blocks before it, in order. */
    private final Deque<Answer> answers = new ArrayDeque<>();

    private int resumesAsked;
    private int damagedBlocks;
    private long appendedBlocks;
    private long answeredBlocks;
    private long outstandingBytes;
    private boolean throttled;

    IngestSession(String node, long creditBytes, Lead lead, SessionActions actions) {
        this.node = node;
        this.creditBytes = creditBytes;
        this.lead = lead;
        this.actions = actions;
    }

    /** A frame came in whole. */
    void received(Frame frame) {
        if (state == State.ENDED) {
            return;
        }
        if (state == State.GREETING) {
            greeted(frame);
        } else if (frame instanceof Frame.Append append) {
            append(append);
        } else if (frame instanceof Frame.Open open) {
            ask(open.request(), () -> new Command.Open(tenant, open.producer(), open.incarnation(), open.stream()));
        } else if (frame instanceof Frame.Resume resume) {
            resumesAsked++;
            afterTheBlocks(() -> actions.resume(resume.request(), resume.epoch()));
        } else if (frame instanceof Frame.Close close) {
            ask(
                    close.request(),
                    () -> new Command.Close(
                            close.epoch(),
                            close.last(),
                            close.loss().reason(),
                            close.loss().count()));
        } else if (frame instanceof Frame.Forget forget) {
            ask(forget.request(), () -> new Command.Forget(forget.epoch()));
        } else if (frame instanceof Frame.Ping ping) {
            actions.send(new Frame.Pong(ping.nonce()));
        } else if (frame instanceof Frame.Lag lag && version >= Frame.LAG_VERSION) {
            lag(lag);
        } else {
            malformed(
                    "a frame that a sidecar does not send: " + frame.getClass().getSimpleName());
        }
    }

    private void greeted(Frame frame) {
        if (!(frame instanceof Frame.Hello hello)) {
            malformed("expected HELLO first");
            return;
        }
        version = Math.min(hello.maxVersion(), Frame.VERSION);
        if (version < hello.minVersion() || version < Frame.LEAST_VERSION) {
            end(Frame.Refuse.connection(
                    RefuseReason.UNSUPPORTED_VERSION,
                    Frame.NONE,
                    "supported: " + Frame.LEAST_VERSION + " to " + Frame.VERSION));
            return;
        }
        try {
            tenant = Names.tenant(hello.tenant());
            agent = Names.name(hello.agent());
        } catch (IllegalArgumentException e) {
            malformed(e.getMessage());
            return;
        }
        if (!lead.here()) {
            notLeader();
            return;
        }
        String waitsFor = lead.waitsFor();
        if (!waitsFor.isEmpty()) {
            unavailable(waitsFor);
            return;
        }
        state = State.SERVING;
        actions.greeted(tenant, agent);
        actions.send(new Frame.Welcome(version, node, creditBytes));
    }

    private void lag(Frame.Lag lag) {
        try {
            actions.lag(Names.name(lag.stream()), lag.bytes(), lag.millis());
        } catch (IllegalArgumentException e) {
            malformed(e.getMessage());
        }
    }

    private void append(Frame.Append append) {
        Block block;
        try {
            block = Block.wrapVerified(append.block());
        } catch (CorruptBlockException e) {
            malformed(e.getMessage());
            return;
        }
        if (!block.intact()) {
            damaged(append.epoch());
            return;
        }
        String why = throttled ? "disk reserve" : actions.throttled(append.epoch());
        if (!why.isEmpty()) {
            actions.send(new Frame.Refuse(
                    0, append.epoch(), RefuseReason.THROTTLED, 0, THROTTLE_RETRY_MILLIS, Frame.NONE, why));
            return;
        }
        outstandingBytes += block.length();
        appendedBlocks++;
        actions.append(append.epoch(), block);
    }

    /** Sent again it may be whole; who sends nothing whole is not waited for. Nothing of it can be told but the epoch. */
    private void damaged(long epoch) {
        damagedBlocks++;
        if (damagedBlocks == MAX_DAMAGED_BLOCKS) {
            malformed(damagedBlocks + " blocks that do not match their CRC32C");
        } else {
            afterTheBlocks(() ->
                    refuse(0, epoch, RefuseReason.EXPECTED, EXPECTED_UNKNOWN, "a block does not match its CRC32C"));
        }
    }

    private void afterTheBlocks(Runnable say) {
        answers.add(new Answer(appendedBlocks, say));
        sayWhatIsDue();
    }

    private interface CommandOfFrame {
        Command make();
    }

    private void ask(int request, CommandOfFrame frame) {
        Command command;
        try {
            command = frame.make();
        } catch (IllegalArgumentException e) {
            malformed(e.getMessage());
            return;
        }
        if (asked.putIfAbsent(request, command) != null) {
            malformed("request " + request + " is still unanswered");
            return;
        }
        actions.command(request, command);
    }

    /** A block's entry was applied. Acknowledgements wait for {@link #flushAcks}. */
    void applied(long epoch, int blockBytes, Verdict verdict) {
        if (state == State.ENDED) {
            return;
        }
        outstandingBytes -= blockBytes;
        answeredBlocks++;
        switch (verdict.kind()) {
            case ACCEPTED, DUPLICATE -> acksToSend.merge(epoch, verdict.value(), Math::max);
            case EXPECTED -> refuse(0, epoch, RefuseReason.EXPECTED, verdict.value(), "");
            case CONFLICT -> refuse(0, epoch, RefuseReason.CONFLICT, 0, "stored with other bytes");
            case CLOSED -> refuse(0, epoch, RefuseReason.CLOSED_EPOCH, 0, "");
            case FORGOTTEN -> refuse(0, epoch, RefuseReason.FORGOTTEN_EPOCH, 0, "");
            case UNKNOWN -> refuse(0, epoch, RefuseReason.UNKNOWN_EPOCH, 0, "");
            case MALFORMED -> malformed("not a whole block");
        }
    }

    /** An entry was answered whole: one acknowledgement for each epoch, through the last of its blocks. */
    void flushAcks() {
        acksToSend.forEach((epoch, through) -> actions.send(new Frame.Ack(epoch, through)));
        acksToSend.clear();
        sayWhatIsDue();
    }

    /** A RESUME is answered behind every block that came before it: its answer alone says where to go on. */
    private void sayWhatIsDue() {
        while (!answers.isEmpty() && answers.peek().afterBlocks() <= answeredBlocks) {
            answers.remove().say().run();
        }
    }

    /** A command was applied. */
    void answered(int request, CommandResult result) {
        Command command = asked.remove(request);
        if (state == State.ENDED || command == null) {
            return;
        }
        if (result instanceof CommandResult.Opened opened) {
            opened(request, opened);
        } else if (result instanceof CommandResult.Refused refused) {
            refused(request, command, refused);
        } else if (command instanceof Command.Close) {
            actions.send(new Frame.Closed(request));
        } else {
            actions.send(new Frame.Forgotten(request));
        }
    }

    private void opened(int request, CommandResult.Opened opened) {
        if (opened.state().takesBlocks()) {
            actions.send(new Frame.Opened(request, opened.epoch(), opened.last()));
        } else {
            refuse(
                    request,
                    opened.epoch(),
                    opened.state() == EpochState.CLOSED ? RefuseReason.CLOSED_EPOCH : RefuseReason.FORGOTTEN_EPOCH,
                    opened.last() + 1,
                    "last " + opened.last());
        }
    }

    private void refused(int request, Command command, CommandResult.Refused refused) {
        long epoch = command instanceof Command.Close close
                ? close.epoch()
                : command instanceof Command.Forget forget ? forget.epoch() : 0;
        if (refused.reason() == RefusalReason.RESTORING) {
            actions.send(new Frame.Refuse(
                    request,
                    epoch,
                    RefuseReason.THROTTLED,
                    0,
                    THROTTLE_RETRY_MILLIS,
                    Frame.NONE,
                    "the cluster is being restored"));
            return;
        }
        refuse(request, epoch, onTheWire(refused.reason()), 0, refused.reason() + ": " + refused.detail());
    }

    private static RefuseReason onTheWire(RefusalReason reason) {
        return switch (reason) {
            case EXPECTED -> RefuseReason.EXPECTED;
            case UNKNOWN_EPOCH -> RefuseReason.UNKNOWN_EPOCH;
            case CLOSED_EPOCH -> RefuseReason.CLOSED_EPOCH;
            case FORGOTTEN_EPOCH -> RefuseReason.FORGOTTEN_EPOCH;
            default -> RefuseReason.CONFLICT;
        };
    }

    /** The epoch's last sequence was read; empty if there is no such epoch. */
    void resumed(int request, long epoch, OptionalLong last) {
        if (state == State.ENDED) {
            return;
        }
        resumesAsked--;
        if (last.isPresent()) {
            actions.send(new Frame.Resumed(request, last.getAsLong()));
        } else {
            refuse(request, epoch, RefuseReason.UNKNOWN_EPOCH, 0, "");
        }
    }

    /** The node stopped leading: nothing outstanding will be answered. */
    void notLeader() {
        end(Frame.Refuse.connection(RefuseReason.NOT_LEADER, lead.address(), Frame.NONE));
    }

    /** The engine cannot say what became of something outstanding. */
    void unavailable(String detail) {
        end(Frame.Refuse.connection(RefuseReason.UNAVAILABLE, Frame.NONE, detail));
    }

    /** The other side sent what is no frame, or none in time. */
    void malformed(String detail) {
        end(Frame.Refuse.connection(RefuseReason.BAD_FRAME, Frame.NONE, detail));
    }

    /** While set, blocks are refused: the disk is nearly full. */
    void throttled(boolean on) {
        throttled = on;
    }

    /** The connection is gone. */
    void disconnected() {
        state = State.ENDED;
    }

    boolean greeting() {
        return state == State.GREETING;
    }

    boolean ended() {
        return state == State.ENDED;
    }

    /** Whether the other side keeps to its credit, in blocks and in requests; if not, reading pauses. */
    boolean withinCredit() {
        return state == State.ENDED || outstandingBytes <= creditBytes && asked.size() + resumesAsked <= MAX_REQUESTS;
    }

    private void refuse(int request, long epoch, RefuseReason reason, long expected, String detail) {
        actions.send(new Frame.Refuse(request, epoch, reason, expected, 0, Frame.NONE, detail));
    }

    private void end(Frame.Refuse refuse) {
        if (state != State.ENDED) {
            answers.clear();
            flushAcks();
            state = State.ENDED;
            actions.send(refuse);
            actions.close();
        }
    }

    @Override
    public String toString() {
        return tenant + "/" + agent;
    }
}
