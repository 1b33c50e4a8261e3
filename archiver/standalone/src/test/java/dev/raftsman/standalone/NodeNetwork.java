package dev.raftsman.standalone;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A network of its own for each node: a namespace with one address, joined to the others and to us by a bridge, so that a
 * node's link can be pulled and one direction between two can be made to swallow what is sent. Needs root. Nothing of it
 * leaves this machine.
 */
final class NodeNetwork implements AutoCloseable {
    private final String prefix;
    private final int subnet;
    private final int nodes;

    private NodeNetwork(int nodes) {
        // Of this process alone; the kernel takes 15 letters for an interface.
        this.prefix = "rm" + ProcessHandle.current().pid() % 100_000;
        this.subnet = (int) (ProcessHandle.current().pid() % 250) + 1;
        this.nodes = nodes;
    }

    /** Why there can be no such network here; null if there can. */
    static String unavailable() {
        if (!"root".equals(System.getProperty("user.name"))) {
            return "not root";
        }
        for (String command : List.of("ip", "nsenter")) {
            if (!Checkout.has(command)) {
                return command + " is not installed";
            }
        }
        String probe = "rmprobe" + ProcessHandle.current().pid() % 100_000;
        Ran added = run("netns", "add", probe);
        if (added.exitCode() != 0) {
            return "no network namespaces: " + added.error().strip();
        }
        Ran bridge = run("link", "add", probe, "type", "bridge");
        run("link", "del", probe);
        run("netns", "del", probe);
        return bridge.exitCode() == 0 ? null : "no bridges: " + bridge.error().strip();
    }

    static NodeNetwork create(int nodes) {
        NodeNetwork network = new NodeNetwork(nodes);
        try {
            network.build();
            return network;
        } catch (RuntimeException | Error e) {
            network.close();
            throw e;
        }
    }

    private void build() {
        must("link", "add", prefix + "b", "type", "bridge");
        must("addr", "add", address(254) + "/24", "dev", prefix + "b");
        must("link", "set", prefix + "b", "up");
        for (int node = 1; node <= nodes; node++) {
            must("netns", "add", space(node));
            must("link", "add", link(node), "type", "veth", "peer", "name", "eth0", "netns", space(node));
            must("link", "set", link(node), "master", prefix + "b");
            must("link", "set", link(node), "up");
            must("-n", space(node), "link", "set", "lo", "up");
            must("-n", space(node), "addr", "add", address(node) + "/24", "dev", "eth0");
            must("-n", space(node), "link", "set", "eth0", "up");
        }
    }

    private String space(int node) {
        return prefix + "n" + node;
    }

    private String link(int node) {
        return prefix + "v" + node;
    }

    private String address(int host) {
        return "10.213." + subnet + "." + host;
    }

    List<String> addresses() {
        List<String> all = new ArrayList<>();
        for (int node = 1; node <= nodes; node++) {
            all.add(address(node));
        }
        return all;
    }

    /** What starts a command in a node's network. */
    List<String> entering(int node) {
        return List.of("nsenter", "--net=/var/run/netns/" + space(node));
    }

    /** The node reaches nobody and nobody reaches it. */
    void pull(int node) {
        must("link", "set", link(node), "down");
    }

    void plug(int node) {
        must("link", "set", link(node), "up");
    }

    /** What a node sends to another is swallowed; the other direction works. */
    void swallow(int from, int to) {
        must("-n", space(from), "route", "add", "blackhole", address(to) + "/32");
    }

    void pass(int from, int to) {
        must("-n", space(from), "route", "del", "blackhole", address(to) + "/32");
    }

    private static Ran run(String... arguments) {
        List<String> command = new ArrayList<>(List.of("ip"));
        command.addAll(List.of(arguments));
        return Ran.command(Map.of(), command);
    }

    private static void must(String... arguments) {
        Ran ran = run(arguments);
        if (ran.exitCode() != 0) {
            throw new AssertionError(String.join(" ", arguments) + ": " + ran.error());
        }
    }

    /** Takes what it made away; processes that run there keep their namespace until they end. */
    @Override
    public void close() {
        for (int node = 1; node <= nodes; node++) {
            run("link", "del", link(node));
            run("netns", "del", space(node));
        }
        run("link", "del", prefix + "b");
    }
}
