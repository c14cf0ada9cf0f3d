using ConveyorActors.Buffers.Inspection.Printing;

namespace ConveyorActors.Buffers.Inspection;

/// <summary>One command that looks at buffers or works on them. It knows nothing but the port.</summary>
/// <remarks>Has no state; safe for use by many threads.</remarks>
public abstract class InspectionCommand
{
    private protected static readonly InspectionArgument PipelineArgument = new("PIPELINE", "the name of a pipeline");

    private protected InspectionCommand() { }

    /// <summary>The word that it is called by.</summary>
    public abstract string Name { get; }

    /// <summary>What it does, in one line.</summary>
    public abstract string Summary { get; }

    /// <summary>What more there is to say; may be empty.</summary>
    public virtual string Details => "";

    /// <summary>The words it is given by their places.</summary>
    public virtual IReadOnlyList<InspectionArgument> Arguments => [];

    /// <summary>What it is given by name, in any place. Each command knows --json besides.</summary>
    public virtual IReadOnlyList<InspectionOption> Options => [];

    internal abstract ValueTask<InspectionReport> RunAsync(Invocation given, CancellationToken cancellationToken);
}
