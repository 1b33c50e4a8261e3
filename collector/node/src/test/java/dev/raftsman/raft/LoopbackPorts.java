package dev.raftsman.raft;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Ports of loopback that nobody listens on. They are drawn from below the range that the kernel takes for outgoing connections:
 * a node that was stopped must find its port free when it comes back.
 */
public final class LoopbackPorts {
    private static final int FROM = 12_000;
    private static final int TO = 20_000;
    private static final int TRIES = 100;
    private static final Set<Integer> GIVEN = ConcurrentHashMap.newKeySet();

    private LoopbackPorts() {}

    /** One that was not given before. */
    public static int free() throws IOException {
        for (int tries = 0; tries < TRIES; tries++) {
            int port = ThreadLocalRandom.current().nextInt(FROM, TO);
            if (GIVEN.add(port)) {
                try (ServerSocket probe = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
                    return probe.getLocalPort();
                } catch (IOException taken) {
                    // Another one, then.
                }
            }
        }
        throw new IOException("no free port between " + FROM + " and " + TO);
    }
}
