using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;

namespace ConveyorActors.Cli.Usage;

/// <summary>Checks the log levels of a configuration. The error of .NET does not have the key.</summary>
static class LogLevels
{
    const string Section = "Logging",
        Levels = "LogLevel",
        RightSection = "an object of levels such as { \"Default\": \"Warning\" }";

    static readonly string Right =
        string.Join(", ", Enum.GetNames<LogLevel>()[..^1]) + " or " + Enum.GetNames<LogLevel>()[^1];

    /// <summary>
    /// Adds an error for each log level that .NET would refuse, and for a level in the place of the object, which .NET
    /// would ignore.
    /// </summary>
    public static void Validate(IConfiguration configuration, InputErrors inputErrors)
    {
        // The levels of all loggers, and those of one kind of logger, such as Logging:Console:LogLevel.
        var sections = configuration
            .GetSection(Section)
            .GetChildren()
            .Select(child =>
                child.Key.Equals(Levels, StringComparison.OrdinalIgnoreCase) ? child : child.GetSection(Levels)
            )
            .ToList();
        foreach (var section in sections)
            if (section.Value is { } value)
                inputErrors.AddWrong(Printable.Sanitize(section.Path), value, RightSection);
        var levels = sections.SelectMany(section => section.GetChildren()).SelectMany(child => child.AsEnumerable());
        foreach (var (key, text) in levels)
            if (!string.IsNullOrEmpty(text) && !Enum.TryParse<LogLevel>(text, ignoreCase: true, out _))
                inputErrors.AddWrong(Printable.Sanitize(key), text, Right);
    }
}
