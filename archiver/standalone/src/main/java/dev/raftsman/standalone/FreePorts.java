package dev.raftsman.standalone;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Loopback ports nobody listens on. They are drawn from below the range the kernel takes for outgoing connections: a killed
 * collector must find its port free again when it comes back.
 */
final class FreePorts {
    private static final int FROM = 20_000;
    private static final int TO = 32_000;

    private FreePorts() {}

    static List<Integer> pick(int count) {
        List<ServerSocket> held = new ArrayList<>();
        try {
            List<Integer> ports = new ArrayList<>();
            for (int tries = 0; ports.size() < count; tries++) {
                if (tries > 50 * count) {
                    throw new StandaloneException(
                            "no " + count + " free ports on loopback between " + FROM + " and " + TO);
                }
                int port = ThreadLocalRandom.current().nextInt(FROM, TO);
                ServerSocket socket = new ServerSocket();
                held.add(socket);
                try {
                    socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
                    ports.add(port);
                } catch (IOException taken) {
                    // Another one, then.
                }
            }
            return ports;
        } catch (IOException e) {
            throw new StandaloneException("cannot look for free ports: " + e.getMessage(), e);
        } finally {
            for (ServerSocket socket : held) {
                try {
                    socket.close();
                } catch (IOException e) {
                    // It held nothing but a port.
                }
            }
        }
    }
}
