using ConveyorActors.Buffers.Inspection.Printing;

namespace ConveyorActors.Buffers.Inspection;

/// <summary>The base class of the commands that read or change buffers, through <c>IBufferService</c> only.</summary>
/// <remarks>Has no state; safe for use by many threads.</remarks>
public abstract class InspectionCommand
{
    private protected static readonly InspectionArgument PipelineArgument = new("PIPELINE", "the name of a pipeline");

    static readonly InspectionOption Json = new(Invocation.Json, null, "print JSON instead of tables");

    private protected InspectionCommand() { }

    /// <summary>Gets the command's name.</summary>
    public abstract string Name { get; }

    /// <summary>Gets a description of the command in one line.</summary>
    public abstract string Summary { get; }

    /// <summary>Gets further help; may be empty.</summary>
    public virtual string Details => "";

    /// <summary>Gets the command's positional arguments.</summary>
    public virtual IReadOnlyList<InspectionArgument> Arguments => [];

    /// <summary>Gets the command's own options.</summary>
    public virtual IReadOnlyList<InspectionOption> Options => [];

    /// <summary>Gets all options: the command's own, and those of every command.</summary>
    public IReadOnlyList<InspectionOption> AllOptions => [.. Options, Json];

    internal abstract ValueTask<InspectionReport> RunAsync(Invocation given, CancellationToken cancellationToken);
}
