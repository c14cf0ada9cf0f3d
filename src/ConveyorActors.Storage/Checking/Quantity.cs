using System.Globalization;

namespace ConveyorActors.Storage.Checking;

/// <summary>Formats numbers with their noun in findings.</summary>
static class Quantity
{
    /// <summary>Returns a count with groups of digits and its noun: 1 byte, 1,500 bytes.</summary>
    public static string Format(long count, string noun) =>
        string.Create(CultureInfo.InvariantCulture, $"{count:N0} {noun}{(count == 1 ? "" : "s")}");
}
