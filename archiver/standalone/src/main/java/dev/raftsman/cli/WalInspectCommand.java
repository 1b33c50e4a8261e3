package dev.raftsman.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
        name = "inspect",
        description = {
            "Says of each write-ahead log whose it is, whether its writer lives, what it holds, how far was claimed, written and"
                    + " forced, what was lost, and what it takes of its quota.",
            "It only reads, and takes no lock."
        })
final class WalInspectCommand implements Callable<Integer> {
    @Mixin
    private WalPlace place;

    @Option(names = "--json", description = "one JSON object instead of lines")
    private boolean json;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        WalPlace.Logs logs = place.logs();
        PrintWriter out = spec.commandLine().getOut();
        WalBar bar = WalBar.forLogs(logs.readable());
        List<WalReport> reports = new ArrayList<>();
        for (var log : logs.readable()) {
            WalReport report = WalReport.of(log, bar);
            reports.add(report);
            if (!json) {
                bar.clear();
                out.print(EventText.printable(report.text()));
                out.flush();
            }
        }
        bar.clear();
        if (json) {
            out.println(json(Map.of("logs", reports)));
        }
        out.flush();
        return tellOfUnreadable(logs, spec);
    }

    /** One line for each on standard error. @return the exit code */
    static int tellOfUnreadable(WalPlace.Logs logs, CommandSpec spec) {
        for (String problem : logs.unreadable()) {
            spec.commandLine().getErr().println("raftsman: " + EventText.printable(problem));
        }
        return logs.unreadable().isEmpty() ? ExitCodes.OK : ExitCodes.NO_INPUT;
    }

    static String json(Object value) {
        try {
            return new ObjectMapper().writeValueAsString(value);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("plain records", e);
        }
    }
}
