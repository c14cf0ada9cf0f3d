using System.Globalization;
using Akka.Configuration.Hocon;

namespace ConveyorActors.Actors.Settings;

/// <summary>
/// Parses durations and sizes in HOCON's units, more strictly than HOCON: a bare number is no duration, and a size that
/// overflows is refused.
/// </summary>
static class HoconUnits
{
    /// <summary>
    /// Parses a duration with a unit (<c>250 ms</c>, <c>1.5 h</c>), or 0. HOCON would read a bare number as
    /// milliseconds, which hardly anyone means.
    /// </summary>
    public static bool TryDuration(string text, out TimeSpan duration)
    {
        duration = TimeSpan.Zero;
        if (text == "0")
            return true;
        if (text.Length == 0 || !char.IsAsciiLetter(text[^1]))
            return false;
        try
        {
            duration = CreateValue(text).GetTimeSpan(allowInfinite: false);
            return true;
        }
        catch (Exception e) when (e is FormatException or OverflowException or ArgumentException)
        {
            return false;
        }
    }

    /// <summary>
    /// Parses a size with a unit (<c>64 MiB</c>, <c>1.5 GB</c>), or a number of bytes. HOCON supplies the size of the
    /// unit. The multiplication is done here, because HOCON accepts no fractions and wraps around.
    /// </summary>
    public static bool TrySize(string text, out long bytes)
    {
        bytes = 0;
        var digits = text.AsSpan().LastIndexOfAnyInRange('0', '9') + 1;
        if (
            !decimal.TryParse(
                text.AsSpan(0, digits),
                NumberStyles.AllowDecimalPoint,
                CultureInfo.InvariantCulture,
                out var number
            )
        )
            return false;
        try
        {
            var unit = text[digits..].Trim();
            var exact = number * (unit.Length == 0 ? 1 : CreateValue("1" + unit).GetByteSize() ?? 0);
            bytes = (long)exact;
            return bytes == exact;
        }
        catch (Exception e) when (e is FormatException or OverflowException)
        {
            return false;
        }
    }

    static HoconValue CreateValue(string text)
    {
        var value = new HoconValue();
        value.AppendValue(new HoconLiteral { Value = text });
        return value;
    }
}
