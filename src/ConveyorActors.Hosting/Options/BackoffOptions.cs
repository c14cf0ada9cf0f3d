namespace ConveyorActors.Hosting.Options;

/// <summary>
/// How long a source waits after a return. Each option is that of the same name in <see cref="BackoffSettings"/>, where
/// its default and its range are.
/// </summary>
public sealed class BackoffOptions
{
    /// <summary>Gets or sets the first wait (<see cref="BackoffSettings.First"/>).</summary>
    public TimeSpan? First { get; set; }

    /// <summary>Gets or sets the longest wait (<see cref="BackoffSettings.Max"/>).</summary>
    public TimeSpan? Max { get; set; }

    /// <summary>
    /// Gets or sets what each wait is multiplied by for the next (<see cref="BackoffSettings.Factor"/>).
    /// </summary>
    public double? Factor { get; set; }

    /// <summary>
    /// Gets or sets the share of a wait that chance may take off (<see cref="BackoffSettings.Jitter"/>).
    /// </summary>
    public double? Jitter { get; set; }
}
