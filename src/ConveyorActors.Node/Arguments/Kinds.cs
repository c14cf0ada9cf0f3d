using System.Globalization;
using System.Net;
using ConveyorActors.Cli.Usage;

namespace ConveyorActors.Node.Arguments;

/// <summary>Parses the values of flags and environment variables, by kind.</summary>
static class Kinds
{
    public static readonly ValueKind<string> Host = new(
        "the name or address at which the other nodes reach this machine, without a port",
        (string text, out string value) =>
            Uri.CheckHostName(value = text is ['[', _, .., ']'] ? text[1..^1] : text) != UriHostNameType.Unknown
            && !(IPAddress.TryParse(value, out var address) && IsAny(address))
    );

    public static readonly ValueKind<int?> Port = new(
        "a number from 0 (any free port) to 65535",
        (string text, out int? value) =>
        {
            var isNumber =
                int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port <= 65_535;
            value = port;
            return isNumber;
        }
    );

    public static readonly ValueKind<SeedAddress> Seed = new("HOST:PORT, such as 10.0.0.1:4053", SeedAddress.TryRead);

    public static readonly ValueKind<string> Role = new(
        "a name of 1 to 100 letters, digits, '-' and '_'",
        (string text, out string value) =>
            (value = text).Length is >= 1 and <= 100 && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_')
    );

    public static readonly ValueKind<string> File = new(
        "the path of a file",
        (string text, out string value) => !string.IsNullOrWhiteSpace(value = text) && !text.Contains('\0')
    );

    public static readonly ValueKind<TimeSpan?> Time = new(
        "a duration such as 500ms, 30s or 2m, from 1ms to 1d",
        (string text, out TimeSpan? value) =>
        {
            var isTime = DurationText.TryRead(text, out var duration) && duration <= TimeSpan.FromDays(1);
            value = duration;
            return isTime;
        }
    );

    public static readonly ValueKind<bool> Switch = new(
        "1 or 0",
        (string text, out bool value) => (value = text is "1" or "true" or "on") || text is "0" or "false" or "off"
    );

    /// <summary>
    /// Returns whether an address listens on all addresses of a machine. No other machine can call such an address.
    /// </summary>
    static bool IsAny(IPAddress address) => address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any);
}
