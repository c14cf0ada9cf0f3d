namespace ConveyorActors.Hosting.Options;

/// <summary>
/// Specifies how long a source waits after a return. Each option corresponds to the property of the same name in
/// <see cref="BackoffSettings"/>, which documents its default and range.
/// </summary>
public sealed class BackoffOptions
{
    /// <summary>Gets or sets the first wait (<see cref="BackoffSettings.First"/>).</summary>
    public TimeSpan? First { get; set; }

    /// <summary>Gets or sets the longest wait (<see cref="BackoffSettings.Max"/>).</summary>
    public TimeSpan? Max { get; set; }

    /// <summary>
    /// Gets or sets the factor by which each wait is multiplied to get the next (<see cref="BackoffSettings.Factor"/>).
    /// </summary>
    public double? Factor { get; set; }

    /// <summary>
    /// Gets or sets the share of a wait that jitter may subtract at random (<see cref="BackoffSettings.Jitter"/>).
    /// </summary>
    public double? Jitter { get; set; }
}
