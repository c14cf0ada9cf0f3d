namespace ConveyorActors.Buffers.Admission;

/// <summary>
/// The fills at which pressure changes: the low and the high watermark, and three boundaries in between, a quarter of
/// the distance apart.
/// </summary>
/// <remarks>
/// A fill falls into one of six zones: zone 0 is at most low, zone 5 is at least high. Pressure depends only on the
/// zone, so a fill that changes within a zone has no effect.
/// </remarks>
readonly record struct Watermarks(double Low, double High)
{
    public const int Zones = 6;

    // Fills are quotients of whole numbers and limits; a rounding error must not move a fill across the boundary it
    // lies on.
    const double Tolerance = 1e-9;

    /// <summary>Returns the lower end of a zone, from 1 to 5.</summary>
    public double GetBoundary(int zone) => Low + (zone - 1) * (High - Low) / 4;

    /// <summary>
    /// Returns the zone of a fill. Pause starts at the high watermark itself; every other zone starts above its
    /// boundary.
    /// </summary>
    public int GetZone(double fill)
    {
        if (fill >= High - Tolerance)
            return 5;
        var zone = 0;
        while (zone < 4 && fill > GetBoundary(zone + 1) + Tolerance)
            zone++;
        return zone;
    }

    /// <summary>Returns the fewest records (or bytes) of a limit that belong to a zone.</summary>
    public long GetZoneStart(int zone, long limit) =>
        zone switch
        {
            0 => 0,
            5 => (long)Math.Ceiling(High * limit - Tolerance * limit),
            _ => (long)Math.Floor(GetBoundary(zone) * limit + Tolerance * limit) + 1,
        };
}
