using System.Globalization;

namespace ConveyorActors.Cli.Usage;

/// <summary>
/// Reads and formats sizes as people write them: 512, 512B, 64KiB, 1.5MiB, 10MB, 2GiB. KiB is 1024 bytes, KB is 1000.
/// </summary>
static class SizeText
{
    public static bool TryRead(string text, out long value)
    {
        value = 0;
        var digits = text.AsSpan().IndexOfAnyExcept("0123456789.");
        if (digits < 0)
            digits = text.Length;
        double? unit = text[digits..].TrimStart(' ') switch
        {
            "" or "B" => 1,
            "KiB" or "K" => 1L << 10,
            "MiB" or "M" => 1L << 20,
            "GiB" or "G" => 1L << 30,
            "TiB" or "T" => 1L << 40,
            "KB" or "kB" => 1e3,
            "MB" => 1e6,
            "GB" => 1e9,
            "TB" => 1e12,
            _ => null,
        };
        if (
            unit is null
            || !double.TryParse(
                text.AsSpan(0, digits),
                NumberStyles.AllowDecimalPoint,
                CultureInfo.InvariantCulture,
                out var number
            )
        )
            return false;
        var bytes = number * unit.Value;
        if (bytes > 1L << 62)
            return false;
        value = (long)bytes;
        return true;
    }

    /// <summary>Formats a size for people: 812 B, 1.4 MiB.</summary>
    public static string Format(long bytes)
    {
        string[] units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
        double shown = bytes;
        var unit = 0;
        for (; Math.Abs(shown) >= 999.5 && unit < units.Length - 1; unit++)
            shown /= 1024;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{shown.ToString(unit == 0 || shown >= 99.95 ? "0" : "0.0", CultureInfo.InvariantCulture)} {units[unit]}"
        );
    }
}
