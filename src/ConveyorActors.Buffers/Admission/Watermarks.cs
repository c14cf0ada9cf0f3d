namespace ConveyorActors.Buffers.Admission;

/// <summary>
/// The fills at which pressure changes: low, high, and three in between, a quarter of the distance apart.
/// </summary>
/// <remarks>
/// A fill falls into one of six zones: zone 0 is at most low, zone 5 is at least high. Everything that depends on
/// pressure depends on the zone, so a fill that wanders inside a zone changes nothing.
/// </remarks>
readonly record struct Watermarks(double Low, double High)
{
    public const int Zones = 6;

    // Fills are quotients of whole numbers and limits; a rounding error must not move one across a boundary it sits on.
    const double Tolerance = 1e-9;

    /// <summary>The lower end of a zone, from 1 to 5.</summary>
    public double Boundary(int zone) => Low + (zone - 1) * (High - Low) / 4;

    /// <summary>
    /// Which zone a fill is in. Pause starts at high itself; every other zone starts above its boundary.
    /// </summary>
    public int ZoneOf(double fill)
    {
        if (fill >= High - Tolerance)
            return 5;
        var zone = 0;
        while (zone < 4 && fill > Boundary(zone + 1) + Tolerance)
            zone++;
        return zone;
    }

    /// <summary>The fewest records (or bytes) of a limit that are in a zone.</summary>
    public long FirstOf(int zone, long limit) =>
        zone switch
        {
            0 => 0,
            5 => (long)Math.Ceiling(High * limit - Tolerance * limit),
            _ => (long)Math.Floor(Boundary(zone) * limit + Tolerance * limit) + 1,
        };
}
