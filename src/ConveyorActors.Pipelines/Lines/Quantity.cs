using System.Globalization;

namespace ConveyorActors.Pipelines.Lines;

/// <summary>Formats numbers with their noun in messages.</summary>
static class Quantity
{
    /// <summary>Returns a count with groups of digits and its noun: 1 byte, 1,500 bytes.</summary>
    public static string Format(long count, string noun) =>
        string.Create(CultureInfo.InvariantCulture, $"{count:N0} {noun}{(count == 1 ? "" : "s")}");

    /// <summary>Returns a size in MiB if it is a whole number of them, and otherwise in bytes.</summary>
    public static string FormatSize(long bytes) =>
        bytes > 0 && bytes % (1 << 20) == 0
            ? string.Create(CultureInfo.InvariantCulture, $"{bytes >> 20:N0} MiB")
            : Format(bytes, "byte");
}
