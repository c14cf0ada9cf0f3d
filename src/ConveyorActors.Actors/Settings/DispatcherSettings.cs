namespace ConveyorActors.Actors.Settings;

/// <summary>
/// The dispatchers of the actors that hold pipelines (<c>conveyor.dispatchers</c>). Immutable; each value is validated
/// when it is set.
/// </summary>
public sealed record DispatcherSettings
{
    /// <summary>
    /// The default of both settings: a dispatcher with threads of its own, so that user actors that block the thread
    /// pool do not delay an offer.
    /// </summary>
    public const string Own = "conveyor.pipeline-dispatcher";

    /// <summary>
    /// Gets the dispatcher of the pipelines' managers and of their parents: the path of its block in the configuration.
    /// Default <see cref="Own"/>.
    /// </summary>
    public string Pipelines
    {
        get;
        init => field = Validate(value, nameof(Pipelines));
    } = Own;

    /// <summary>
    /// Gets the dispatcher of stages and sources: the path of its block in the configuration. Default
    /// <see cref="Own"/>.
    /// </summary>
    public string Stages
    {
        get;
        init => field = Validate(value, nameof(Stages));
    } = Own;

    static string Validate(string value, string name) =>
        !string.IsNullOrWhiteSpace(value)
            ? value
            : throw new ArgumentException(
                $"{name} is empty; it must be the path of a dispatcher in the configuration.",
                name
            );
}
