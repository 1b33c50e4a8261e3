package dev.raftsman.standalone;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** Figures as lines for a person, at once, and as JSON for a machine, at the end. */
final class BenchReport {
    private final PrintStream out;
    private final Map<String, Object> figures = new LinkedHashMap<>();
    private Map<String, Object> section = figures;

    BenchReport(PrintStream out) {
        this.out = out;
    }

    /** What was measured where, a line each. */
    void machine(Map<String, Object> machine) {
        figures.put("machine", machine);
        machine.forEach((key, value) -> out.println(key + ": " + value));
    }

    /** What follows belongs to this. */
    void section(String key, String title) {
        section = new LinkedHashMap<>();
        figures.put(key, section);
        out.println(title);
        out.flush();
    }

    /** One line, and what it says as figures. */
    void line(String key, Object value, String title, String text) {
        section.put(key, value);
        out.printf("  %-26s %s%n", title, text);
        out.flush();
    }

    void memory(String key, MemoryFigures memory, String title) {
        line(key, figures(memory), title, text(memory));
    }

    void idle(String key, IdleFigures idle, String title) {
        Map<String, Object> all = figures(idle.memory());
        all.put("cpuShare", idle.cpuShare());
        all.put("cpuOverSeconds", idle.overSeconds());
        line(
                key,
                all,
                title,
                text(idle.memory())
                        + "; %.2f %% of a core over %.0f s".formatted(100 * idle.cpuShare(), idle.overSeconds()));
    }

    static Map<String, Object> figures(MemoryFigures memory) {
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("residentBytes", memory.residentBytes());
        all.put("anonymousBytes", memory.anonymousBytes());
        all.put("fileBytes", memory.fileBytes());
        return all;
    }

    static String text(MemoryFigures memory) {
        return "RSS %s = %s anonymous + %s of files"
                .formatted(
                        Bytes.text(memory.residentBytes()),
                        Bytes.text(memory.anonymousBytes()),
                        Bytes.text(memory.fileBytes()));
    }

    /** @param file null for none */
    void writeJson(Path file) throws IOException {
        if (file != null) {
            new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT).writeValue(file.toFile(), figures);
        }
    }
}
