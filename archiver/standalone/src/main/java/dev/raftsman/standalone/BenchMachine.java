package dev.raftsman.standalone;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What was measured, where and how: without it a figure says nothing. */
final class BenchMachine {
    private BenchMachine() {}

    static Map<String, Object> describe(String command) throws IOException {
        Map<String, Object> machine = new LinkedHashMap<>();
        machine.put("cores", Runtime.getRuntime().availableProcessors());
        machine.put("cpu", processor());
        machine.put("kernel", System.getProperty("os.name") + " " + System.getProperty("os.version"));
        machine.put("jdk", System.getProperty("java.vm.name") + " " + System.getProperty("java.runtime.version"));
        machine.put("startArchives", archives());
        machine.put("load", Files.readString(Path.of("/proc/loadavg")).split(" ")[0]);
        machine.put("command", command);
        return machine;
    }

    private static String processor() throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/cpuinfo"))) {
            if (line.startsWith("model name")) {
                return line.substring(line.indexOf(':') + 1).strip();
            }
        }
        return System.getProperty("os.arch");
    }

    private static String archives() throws IOException {
        List<String> found = new ArrayList<>();
        for (StartArchive archive : StartArchive.all()) {
            if (Files.isRegularFile(archive.file())) {
                found.add(archive.file().getFileName() + ", " + Bytes.text(Files.size(archive.file())));
            }
        }
        return found.isEmpty() ? "none" : String.join("; ", found);
    }
}
