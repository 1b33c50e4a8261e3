package dev.raftsman.standalone;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A block of commands in README, as somebody copies it. What a comment of Markdown on the line before it says is for whoever
 * runs README: {@code not run here: WHY}, {@code runs until Ctrl-C}, or {@code run beside COMMAND}, which must run meanwhile.
 *
 * @param section the heading above it of the second level
 * @param line of its first command, from 1
 * @param leftOut why it is not run; null if it is
 * @param beside what must run beside it; null if nothing
 * @param endless whether it runs until somebody ends it
 */
record ReadmeBlock(String section, int line, String leftOut, String beside, boolean endless, List<String> commands) {
    private static final Pattern TAG =
            Pattern.compile("\\s*<!-- (not run here: |run beside |runs until Ctrl-C)(.*) ?-->\\s*");
    private static final Pattern FIGURE = Pattern.compile("[0-9]+([.,][0-9]+)*");

    ReadmeBlock {
        commands = List.copyOf(commands);
    }

    static List<ReadmeBlock> in(String markdown) {
        List<ReadmeBlock> blocks = new ArrayList<>();
        List<String> lines = markdown.lines().toList();
        String section = "";
        String before = "";
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i);
            if (line.startsWith("## ")) {
                section = line.substring(3).strip();
            }
            if (line.strip().equals("```sh")) {
                int indent = line.indexOf('`');
                List<String> commands = new ArrayList<>();
                int first = i + 2;
                while (!lines.get(++i).strip().equals("```")) {
                    String command = lines.get(i);
                    commands.add(command.substring(Math.min(indent, command.length())));
                }
                blocks.add(of(section, first, before, commands));
            } else if (line.strip().startsWith("```")) {
                while (!lines.get(++i).strip().equals("```")) {} // Of another language.
            }
            before = line;
        }
        return blocks;
    }

    private static ReadmeBlock of(String section, int line, String before, List<String> commands) {
        Matcher tag = TAG.matcher(before);
        boolean tagged = tag.matches();
        String kind = tagged ? tag.group(1).strip() : "";
        String text = tagged ? tag.group(2).strip() : "";
        return new ReadmeBlock(
                section,
                line,
                kind.startsWith("not run") ? text : null,
                kind.startsWith("run beside") ? text : null,
                kind.startsWith("runs until"),
                commands);
    }

    /** What its output must hold, numbers aside: comments that stand alone and read like a line of ours. */
    List<String> promises() {
        return commands.stream()
                .filter(command -> command.matches("# .*[a-z]=[0-9].*"))
                .map(command -> withoutFigures(command.substring(2)))
                .toList();
    }

    static String withoutFigures(String text) {
        return FIGURE.matcher(text).replaceAll("N");
    }
}
