package dev.raftsman.cli;

import dev.raftsman.policy.Glob;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

/** A pattern of names on the command line, as in the retention file. */
final class GlobConverter implements CommandLine.ITypeConverter<Glob> {
    /** Of parameters: picocli says of one that may be left out and is malformed only that it is one too many. */
    static List<Glob> of(List<String> texts, CommandSpec command) {
        GlobConverter converter = new GlobConverter();
        try {
            return texts.stream().map(converter::convert).toList();
        } catch (CommandLine.TypeConversionException e) {
            throw new CommandLine.ParameterException(command.commandLine(), e.getMessage(), e);
        }
    }

    @Override
    public Glob convert(String text) {
        try {
            return new Glob(text);
        } catch (IllegalArgumentException e) {
            String begin = text.length() > 20 ? text.substring(0, 20) + "…" : text;
            throw new CommandLine.TypeConversionException("'" + begin + "' is no pattern of names: " + e.getMessage());
        }
    }
}
