package dev.raftsman.shipper;

import dev.raftsman.wire.Frame;

/** What the session asks of the network: one connection at a time. What happens comes back as calls on the session. */
interface Link {
    /**
     * Begins to connect; a connection made before is given up. The outcome is told to {@link Session#connected} or
     * {@link Session#disconnected}.
     *
     * @param connection names the attempt, so that what an older one still has to say is not taken for this one
     * @param address {@code host:port}
     */
    void connect(int connection, String address);

    /** Queues a frame; the bytes of a block must not change until it is acknowledged or the connection has ended. */
    void send(Frame.FromSidecar frame);

    /** Lets the queued frames go. */
    void flush();

    /** Ends the connection; nothing more of it is told. */
    void disconnect();
}
