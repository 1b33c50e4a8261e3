package dev.raftsman.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.raftsman.config.ConfigKey;
import java.util.List;
import java.util.regex.Pattern;

/**
 * The keys of a file as a JSON schema, for editors: types, choices, units, defaults, explanations. What keys may not say
 * together is not in it; {@code raftsman config check} says that.
 */
final class ConfigSchema {
    private static final ObjectMapper JSON =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

    /** Any value may stand in a variable or a private file. */
    private static final String REFERENCE = "|\\$\\{(env|file):[^}]*\\}";

    private static final String SIZE = "^([0-9]{1,15} ?(B|KiB|MiB|GiB|TiB)" + REFERENCE + ")$";
    private static final String DURATION = "^([0-9]{1,15} ?(ms|s|m|h|d|y)" + REFERENCE + ")$";
    private static final Pattern CHOICES = Pattern.compile("[A-Za-z0-9:_-]+( ?[|] ?[A-Za-z0-9:_-]+)+");

    private ConfigSchema() {}

    static String of(String file, List<ConfigKey> keys) {
        ObjectNode root = JSON.createObjectNode();
        root.put("$schema", "https://json-schema.org/draft/2020-12/schema");
        root.put("title", file);
        object(root);
        for (ConfigKey key : keys) {
            String[] path = key.path().replace("[]", ".[]").split("[.]");
            ObjectNode parent = root;
            for (int i = 0; i < path.length - 1; i++) {
                parent = child(parent, path[i]);
            }
            describe(child(parent, path[path.length - 1]), key);
        }
        try {
            return JSON.writeValueAsString(root);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a tree of plain nodes", e);
        }
    }

    private static void object(ObjectNode schema) {
        schema.put("type", "object");
        schema.put("additionalProperties", false);
        schema.putObject("properties");
    }

    private static ObjectNode child(ObjectNode parent, String name) {
        if (name.equals("[]")) {
            return existing(parent, "items");
        }
        if (name.equals("<name>")) {
            return existing(parent, "additionalProperties");
        }
        return existing((ObjectNode) parent.get("properties"), name);
    }

    private static ObjectNode existing(ObjectNode parent, String field) {
        return parent.get(field) instanceof ObjectNode there ? there : parent.putObject(field);
    }

    private static void describe(ObjectNode schema, ConfigKey key) {
        schema.put("description", key.explanation());
        String type = key.type();
        if (type.equals("section")) {
            object(schema);
        } else if (type.equals("list of sections")) {
            schema.put("type", "array");
            object(schema.putObject("items"));
        } else if (type.equals("named sections")) {
            schema.put("type", "object");
            object(schema.putObject("additionalProperties"));
        } else if (type.equals("named texts")) {
            schema.put("type", "object");
            schema.putObject("additionalProperties").put("type", "string");
        } else if (type.startsWith("list of ")) {
            schema.put("type", "array");
            scalar(schema.putObject("items"), type.substring("list of ".length()));
        } else {
            scalar(schema, type);
            if (type.equals("number")) {
                schema.put("default", Long.parseLong(key.fallback()));
            } else if (type.equals("true|false")) {
                schema.put("default", Boolean.parseBoolean(key.fallback()));
            } else if (!key.fallback().isEmpty()) {
                schema.put("default", key.fallback());
            }
        }
    }

    private static void scalar(ObjectNode schema, String type) {
        if (type.equals("number")) {
            schema.put("type", "integer");
        } else if (type.equals("true|false")) {
            schema.put("type", "boolean");
        } else if (type.equals("size")) {
            schema.put("type", "string").put("pattern", SIZE);
        } else if (type.equals("duration")) {
            schema.put("type", "string").put("pattern", DURATION);
        } else if (CHOICES.matcher(type).matches()) {
            ArrayNode choices = schema.put("type", "string").putArray("enum");
            for (String choice : type.split(" ?[|] ?")) {
                choices.add(choice);
            }
        } else if (type.startsWith("a number") || type.startsWith("an amount")) {
            schema.putArray("type").add("number").add("string");
        } else {
            schema.put("type", "string");
        }
    }
}
