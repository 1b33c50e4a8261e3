package dev.raftsman.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.raftsman.cluster.ClusterClient;
import dev.raftsman.cluster.ClusterClient.FinalAnswerException;
import dev.raftsman.config.HostPort;
import dev.raftsman.standalone.Progress;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "cluster",
        description =
                "Who the collectors are, and changes of that while they work: status, add, remove, replace, transfer.",
        subcommands = {
            ClusterCommand.Show.class,
            ClusterCommand.Add.class,
            ClusterCommand.Remove.class,
            ClusterCommand.Replace.class,
            ClusterCommand.Transfer.class
        })
final class ClusterCommand implements Runnable {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final long POLL_NANOS = 200_000_000;
    private static final long SILENT_MILLIS = 3_000;

    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "missing verb: status, add, remove, replace or transfer");
    }

    /** Which cluster, and how to answer. */
    static final class Where {
        @Mixin
        private ClusterOption cluster;

        @Option(names = "--json", description = "one JSON object instead of lines")
        private boolean json;

        private ClusterClient client() {
            return cluster.client();
        }
    }

    /** Where a newcomer is. */
    static final class Newcomer {
        @Option(
                names = "--raft",
                paramLabel = "HOST:PORT",
                converter = ClusterOption.AddressConverter.class,
                required = true,
                description = "where it runs and waits: its 'raft' in raft.peers")
        private HostPort raft;

        @Option(
                names = "--ingest",
                paramLabel = "HOST:PORT",
                converter = ClusterOption.AddressConverter.class,
                description = "where agents reach it (default: as its configuration says)")
        private HostPort ingest;

        @Option(
                names = "--http",
                paramLabel = "HOST:PORT",
                converter = ClusterOption.AddressConverter.class,
                description = "where its pages are (default: as its configuration says)")
        private HostPort http;

        private void into(ObjectNode request) {
            request.put("raft", raft.toString());
            request.put("ingest", ingest == null ? null : ingest.toString());
            request.put("http", http == null ? null : http.toString());
        }
    }

    private static JsonNode members(ClusterClient client) throws IOException {
        try {
            return JSON.readTree(client.members());
        } catch (FinalAnswerException e) {
            throw e;
        } catch (IOException e) {
            throw new CommandException(ExitCodes.UNAVAILABLE, e.getMessage(), e);
        }
    }

    private static JsonNode member(JsonNode status, String node) {
        for (JsonNode member : status.path("members")) {
            if (member.path("node").asText().equals(node)) {
                return member;
            }
        }
        return JSON.getNodeFactory().missingNode();
    }

    @Command(
            name = "status",
            description = {
                "The members as the leader knows them: who leads, who votes, how far each has the log, who was removed.",
                "Ends with 69 if nobody leads."
            })
    static final class Show implements Callable<Integer> {
        @Mixin
        private Where where;

        @Spec
        private CommandSpec spec;

        @Override
        public Integer call() throws IOException {
            PrintWriter out = spec.commandLine().getOut();
            try (ClusterClient client = where.client()) {
                JsonNode status = members(client);
                if (where.json) {
                    out.println(status);
                } else {
                    print(status, out);
                }
            }
            out.flush();
            return ExitCodes.OK;
        }

        private static void print(JsonNode status, PrintWriter out) {
            String format = "%-14s %-9s %-6s %14s %-22s %-22s %-22s %s%n";
            out.printf(format, "NODE", "STATE", "ROLE", "LOG", "RAFT", "INGEST", "HTTP", "");
            int voting = 0;
            for (JsonNode member : status.path("members")) {
                boolean votes = member.path("votes").asBoolean();
                voting += votes ? 1 : 0;
                boolean leads =
                        member.path("node").asText().equals(status.path("node").asText());
                long index = member.path("matchIndex").asLong(-1);
                boolean silent = member.path("silentMillis").asLong(0) > SILENT_MILLIS;
                out.printf(
                        format,
                        member.path("node").asText(),
                        member.path("state").asText(),
                        leads ? "leads" : votes ? "votes" : "-",
                        index < 0 ? "-" : index,
                        member.path("raft").asText("-"),
                        member.path("ingest").asText("-"),
                        member.path("http").asText("-"),
                        silent
                                ? "has not answered for "
                                        + member.path("silentMillis").asLong() / 1000 + " s"
                                : "");
            }
            out.printf(
                    "cluster %s: %d vote, committed %d%s%n",
                    status.path("cluster").asText(),
                    voting,
                    status.path("commitIndex").asLong(),
                    status.path("settled").asBoolean() ? "" : "; a change of the members is under way");
            warnOfEven(voting, out);
        }
    }

    private static void warnOfEven(int voting, PrintWriter out) {
        if (voting % 2 == 0) {
            out.printf("%d members survive no more failures than %d: add or remove one%n", voting, voting - 1);
        }
    }

    /** A change: begun by the leader, watched from here. */
    abstract static class Change implements Callable<Integer> {
        @Mixin
        private Where where;

        @Spec
        private CommandSpec spec;

        private final Progress progress = Progress.toStandardError();

        abstract String verb();

        abstract String node();

        abstract void describe(ObjectNode request);

        /** Whether the cluster is as it should be afterwards. */
        abstract boolean holds(JsonNode status);

        @Override
        public Integer call() throws IOException {
            ObjectNode request = JSON.createObjectNode().put("node", node());
            describe(request);
            try (ClusterClient client = where.client()) {
                JsonNode change = begin(client, request);
                JsonNode status = watch(client, change.path("id").asLong());
                progress.clear();
                PrintWriter out = spec.commandLine().getOut();
                if (where.json) {
                    out.println(status);
                } else {
                    out.println(verb() + " " + node() + ": done");
                    int voting = 0;
                    for (JsonNode member : status.path("members")) {
                        voting += member.path("votes").asBoolean() ? 1 : 0;
                    }
                    warnOfEven(voting, out);
                }
                out.flush();
            }
            return ExitCodes.OK;
        }

        private JsonNode begin(ClusterClient client, ObjectNode request) throws IOException {
            try {
                return JSON.readTree(client.changeMembers(verb(), request.toString()));
            } catch (FinalAnswerException e) {
                throw new CommandException(ExitCodes.TEMPORARY, e.reason(), e);
            } catch (IOException e) {
                throw new CommandException(ExitCodes.UNAVAILABLE, e.getMessage(), e);
            }
        }

        private JsonNode watch(ClusterClient client, long id) throws IOException {
            while (true) {
                JsonNode status = members(client);
                JsonNode change = status.path("change");
                if (change.path("id").asLong(-1) != id) {
                    // Another node leads now, which knows nothing of it but its outcome.
                    if (holds(status)) {
                        return status;
                    }
                    throw new CommandException(
                            ExitCodes.TEMPORARY, "leadership moved before " + verb() + " was done; run it again");
                }
                if (change.path("done").asBoolean()) {
                    if (change.hasNonNull("error")) {
                        throw new CommandException(
                                ExitCodes.TEMPORARY, change.path("error").asText());
                    }
                    return status;
                }
                progress.now(change.path("phase").asText() + howFar(status));
                LockSupport.parkNanos(POLL_NANOS);
            }
        }

        private String howFar(JsonNode status) {
            JsonNode newcomer = member(status, node());
            long has = newcomer.path("matchIndex").asLong(-1);
            return newcomer.path("votes").asBoolean() || has < 0
                    ? ""
                    : "; " + node()
                            + " has %,d of %,d entries"
                                    .formatted(has, status.path("commitIndex").asLong());
        }
    }

    private static boolean votes(JsonNode status, String node) {
        return member(status, node).path("votes").asBoolean();
    }

    @Command(
            name = "add",
            description = {
                "Makes a node that runs and waits a member. It is sent the log first, and votes when it nearly has it.",
                "Ends with 75 and the reason if it was not done; running it again goes on with it."
            })
    static final class Add extends Change {
        @Parameters(paramLabel = "NODE", description = "id of the newcomer")
        private String node;

        @Mixin
        private Newcomer newcomer;

        @Override
        String verb() {
            return "add";
        }

        @Override
        String node() {
            return node;
        }

        @Override
        void describe(ObjectNode request) {
            newcomer.into(request);
        }

        @Override
        boolean holds(JsonNode status) {
            return votes(status, node);
        }
    }

    @Command(
            name = "remove",
            description = {
                "Takes a member out. It may be dead; if it runs, it ends with exit code 0. Its id is never taken again.",
                "Ends with 75 and the reason if it was not done; running it again goes on with it."
            })
    static final class Remove extends Change {
        @Parameters(paramLabel = "NODE", description = "id of the member")
        private String node;

        @Override
        String verb() {
            return "remove";
        }

        @Override
        String node() {
            return node;
        }

        @Override
        void describe(ObjectNode request) {
            // Its id says it.
        }

        @Override
        boolean holds(JsonNode status) {
            return member(status, node).path("state").asText().equals("RETIRED");
        }
    }

    @Command(
            name = "replace",
            description = {
                "Puts a node that runs and waits in the place of a member, in one step: after the loss of a disk, or for"
                        + " another machine. The old one may be dead; its id is never taken again.",
                "Ends with 75 and the reason if it was not done; running it again goes on with it."
            })
    static final class Replace extends Change {
        @Parameters(index = "0", paramLabel = "OLD", description = "id of the member")
        private String old;

        @Parameters(index = "1", paramLabel = "NEW", description = "id of the newcomer")
        private String node;

        @Mixin
        private Newcomer newcomer;

        @Override
        String verb() {
            return "replace";
        }

        @Override
        String node() {
            return node;
        }

        @Override
        void describe(ObjectNode request) {
            request.put("replaces", old);
            newcomer.into(request);
        }

        @Override
        boolean holds(JsonNode status) {
            return votes(status, node) && !votes(status, old);
        }
    }

    @Command(
            name = "transfer",
            description = "Hands leadership to a member, before work on the machine of the one that leads for example.")
    static final class Transfer extends Change {
        @Parameters(paramLabel = "NODE", description = "id of the member that is to lead")
        private String node;

        @Override
        String verb() {
            return "transfer";
        }

        @Override
        String node() {
            return node;
        }

        @Override
        void describe(ObjectNode request) {
            // Its id says it.
        }

        @Override
        boolean holds(JsonNode status) {
            return status.path("node").asText().equals(node);
        }
    }
}
