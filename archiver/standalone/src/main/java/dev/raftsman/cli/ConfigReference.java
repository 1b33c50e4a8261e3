package dev.raftsman.cli;

import dev.raftsman.archiver.ArchiverConfig;
import dev.raftsman.collector.CollectorConfig;
import dev.raftsman.config.ConfigFile;
import dev.raftsman.config.ConfigKey;
import dev.raftsman.policy.RetentionFile;
import dev.raftsman.sidecar.AgentConfig;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Every configuration key as Markdown, made by the code that reads the files. */
final class ConfigReference {
    private ConfigReference() {}

    static String markdown() {
        Map<String, List<ConfigKey>> files = new LinkedHashMap<>();
        files.put("agent.yaml", ConfigFile.reference(AgentConfig::of));
        files.put("collector.yaml", ConfigFile.reference(CollectorConfig::of));
        files.put("archiver.yaml", ArchiverConfig.reference());
        files.put("retention.yaml", RetentionFile.reference());
        StringBuilder text = new StringBuilder();
        files.forEach((file, keys) -> {
            text.append("### ").append(file).append("\n\n| key | type | default | |\n|---|---|---|---|\n");
            keys.forEach(key -> text.append(row(key)));
            text.append('\n');
        });
        return text.toString();
    }

    private static String row(ConfigKey key) {
        String fallback = key.fallback().isEmpty() ? "" : "`" + cell(key.fallback()) + "`";
        return "| `" + cell(key.path()) + "` | " + cell(key.type()) + " | " + fallback + " | " + cell(key.explanation())
                + " |\n";
    }

    private static String cell(String text) {
        return text.replace("|", "\\|");
    }
}
