package dev.raftsman.cli;

import dev.raftsman.cluster.HostBacklog;
import dev.raftsman.policy.Glob;
import dev.raftsman.restore.Audit;
import dev.raftsman.restore.AuditScope;
import dev.raftsman.restore.StreamReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "audit",
        description = {
            "Reads everything and says what is stored, what is missing and why, and what is there twice, for each incarnation"
                    + " of each producer.",
            "Of each: gaps and losses by reason, blocks refused because they came twice or with other bytes, what is archived"
                    + " (read back and proved by the archiver), verified (read now, every checksum compared), given up by a"
                    + " policy, missing without a reason. Of each stream that is not closed: what hosts still hold, by the"
                    + " agents' last reports.",
            "A segment that is whole nowhere is listed as unreadable, with what is wrong with each copy, and the audit goes on.",
            "Ends with 1 if anything is lost, duplicated or unreadable."
        })
final class AuditCommand implements Callable<Integer> {
    @Mixin
    private Place place;

    @Option(names = "--json", description = "one JSON object instead of lines")
    private boolean json;

    @Option(
            names = "--quick",
            description =
                    "reads no segment: only what the replicated tables and manifests say, in a moment. What it cannot"
                            + " tell: that every byte is still there and whole, that nothing is stored twice, and reasons of gaps")
    private boolean quick;

    @Option(
            names = "--since",
            paramLabel = "TIME",
            converter = PointInTime.class,
            description =
                    "a duration ago (2h) or a time (2026-11-30T03:00Z): of each stream from the first segment on that has"
                            + " an event of then or later or was finished since, and only producers with something in these, or"
                            + " opened or closed since; 'first' says where each account begins. With --quick: whole accounts of such"
                            + " producers")
    private Instant since;

    @Option(
            names = "--producer",
            paramLabel = "GLOB",
            converter = GlobConverter.class,
            description = "only of producers of such names")
    private Glob producer;

    @Option(names = "--tenant", description = "only of this tenant")
    private String tenant;

    @Option(
            names = "--stream",
            paramLabel = "GLOB",
            converter = GlobConverter.class,
            description = "only of streams of such names, as STREAM")
    private List<Glob> more = List.of();

    @Parameters(
            paramLabel = "STREAM",
            description = "only of these streams; * and ? in a name stand for any characters")
    private List<String> streams = List.of();

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        if (quick && !place.hasTables()) {
            throw new CommandException(
                    ExitCodes.USAGE,
                    "--quick: nothing but segments is there; expected --cluster, or --data with a directory that 'raftsman"
                            + " restore --into' made");
        }
        List<Glob> names = new ArrayList<>(GlobConverter.of(streams, spec));
        names.addAll(more);
        try (StreamReader reader = place.open()) {
            Audit audit = audit(reader, names);
            audit = audit.with(onHosts(audit));
            PrintWriter out = spec.commandLine().getOut();
            out.print(json ? audit.json() + "\n" : audit.text());
            out.flush();
            return audit.isSound() ? ExitCodes.OK : ExitCodes.MISMATCH;
        }
    }

    private Audit audit(StreamReader reader, List<Glob> names) throws IOException {
        AuditScope scope = new AuditScope(
                name -> (tenant == null || name.tenant().equals(tenant))
                        && (names.isEmpty() || names.stream().anyMatch(glob -> glob.matches(name.stream()))),
                name -> producer == null || name != null && producer.matches(name),
                since == null ? AuditScope.EVER : since.toEpochMilli(),
                !quick);
        if (reader.streams().stream().noneMatch(scope.streams()) && !(names.isEmpty() && tenant == null)) {
            throw new CommandException(
                    ExitCodes.NO_INPUT,
                    "no stream " + (names.isEmpty() ? "" : "is named " + join(names))
                            + (tenant == null ? "" : " of tenant " + tenant));
        }
        Audit audit = reader.audit(scope);
        if (audit.rows().isEmpty() && producer != null && since == null) {
            throw new CommandException(ExitCodes.NO_INPUT, "no producer there is named " + producer);
        }
        return audit;
    }

    private static String join(List<Glob> names) {
        return String.join(" or ", names.stream().map(Glob::pattern).toList());
    }

    /** One for each stream with epochs that may bring more. */
    private List<Audit.OnHost> onHosts(Audit audit) throws IOException {
        TreeMap<StreamReader.StreamName, Integer> open = new TreeMap<>();
        for (Audit.Row row : audit.rows()) {
            if (row.state() != null && row.state().takesBlocks()) {
                open.merge(new StreamReader.StreamName(row.tenant(), row.stream()), 1, Integer::sum);
            }
        }
        List<HostBacklog> backlogs =
                open.isEmpty() ? List.of() : place.backlogs().orElse(List.of());
        List<Audit.OnHost> hosts = new ArrayList<>();
        open.forEach((stream, epochs) -> {
            List<HostBacklog> its = backlogs.stream()
                    .filter(backlog -> backlog.tenant().equals(stream.tenant())
                            && backlog.stream().equals(stream.stream()))
                    .toList();
            hosts.add(new Audit.OnHost(
                    stream.tenant(),
                    stream.stream(),
                    epochs,
                    its.isEmpty()
                            ? null
                            : (Long) its.stream()
                                    .mapToLong(HostBacklog::lagBytes)
                                    .sum(),
                    its.isEmpty()
                            ? null
                            : (Double) its.stream()
                                    .mapToDouble(HostBacklog::lagSeconds)
                                    .max()
                                    .orElse(0),
                    its.stream().map(HostBacklog::agent).distinct().toList()));
        });
        return hosts;
    }
}
