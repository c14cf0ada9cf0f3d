using System.Globalization;

namespace ConveyorActors.Cli.Usage;

/// <summary>Formats counts for people.</summary>
static class CountText
{
    /// <summary>Returns all digits: 1,234,567.</summary>
    public static string FormatExact(long count) => count.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>Returns about four characters: 812, 1.2k, 34k, 5.6M.</summary>
    public static string FormatShort(double count)
    {
        string[] units = ["", "k", "M", "G", "T"];
        var unit = 0;
        for (; count >= 999.5 && unit < units.Length - 1; unit++)
            count /= 1000;
        return count.ToString(unit == 0 || count >= 99.5 ? "0" : "0.0", CultureInfo.InvariantCulture) + units[unit];
    }

    /// <summary>Returns a count with its noun: 1 line, 2 lines.</summary>
    public static string FormatWithNoun(long count, string thing) =>
        $"{FormatExact(count)} {thing}{(count == 1 ? "" : "s")}";
}
