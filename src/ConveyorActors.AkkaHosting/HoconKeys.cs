using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Akka.Configuration;

namespace ConveyorActors.AkkaHosting;

/// <summary>Writes keys and values in HOCON. Null values are omitted.</summary>
sealed partial class HoconKeys
{
    readonly StringBuilder text = new();

    /// <summary>Adds a value that is already HOCON.</summary>
    public HoconKeys Add(string key, string? value)
    {
        if (value is not null)
            text.Append(key).Append(" = ").AppendLine(value);
        return this;
    }

    /// <summary>Adds a number.</summary>
    public HoconKeys Add(string key, IFormattable? value) =>
        Add(key, value?.ToString(null, CultureInfo.InvariantCulture));

    /// <summary>Adds an enum value, in the spelling of HOCON.</summary>
    public HoconKeys Add<TChoice>(string key, TChoice? value)
        where TChoice : struct, Enum => Add(key, value is { } given ? ToKebabCase(given.ToString()) : null);

    /// <summary>Adds a Boolean value.</summary>
    public HoconKeys Add(string key, bool? value) =>
        Add(
            key,
            value is { } given
                ? given
                    ? "on"
                    : "off"
                : null
        );

    /// <summary>Adds a duration.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">The duration.</param>
    /// <param name="infinite">The word for an infinite duration in HOCON.</param>
    public HoconKeys Add(string key, TimeSpan? value, string infinite = "infinite") =>
        Add(
            key,
            value is not { } given ? null
                : given == Timeout.InfiniteTimeSpan ? infinite
                : given.TotalMilliseconds.ToString("0.####", CultureInfo.InvariantCulture) + " ms"
        );

    /// <summary>Returns the configuration.</summary>
    public Config ToConfig() => ConfigurationFactory.ParseString(text.ToString());

    /// <summary>Quotes a text.</summary>
    public static string Quote(string value) =>
        '"'
        + value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)
        + '"';

    /// <summary>Converts a .NET name to its form in HOCON: <c>MaxPerStage</c> becomes <c>max-per-stage</c>.</summary>
    public static string ToKebabCase(string name) => MatchCapital().Replace(name, "-$0").ToLowerInvariant();

    [GeneratedRegex("(?<!^)[A-Z]")]
    private static partial Regex MatchCapital();
}
