namespace ConveyorActors.Hosting.Options;

/// <summary>
/// The options for suppressing duplicates at a stage. <see cref="Count"/> and <see cref="Time"/> need
/// <see cref="Enabled"/>, here or at the level above.
/// </summary>
public sealed class DuplicateOptions
{
    /// <summary>Gets or sets whether duplicates are suppressed. Default false.</summary>
    public bool? Enabled { get; set; }

    /// <summary>Gets or sets the most ids remembered (<see cref="DuplicateWindow.Count"/>).</summary>
    public int? Count { get; set; }

    /// <summary>Gets or sets how long an id is remembered (<see cref="DuplicateWindow.Time"/>).</summary>
    [CanBeInfinite]
    public TimeSpan? Time { get; set; }
}
