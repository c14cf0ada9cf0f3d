using ConveyorActors.Actors.Protocol;

namespace ConveyorActors.Actors.Wire;

/// <summary>
/// Converts references to commands in replies. On the wire, the command is identified by its manifest, so that types
/// can be renamed.
/// </summary>
static class ReferenceWire
{
    public static Proto.CommandReference ToProto(this CommandReference reference)
    {
        var proto = new Proto.CommandReference
        {
            Command = (
                ManifestsByName.TryGetValue(reference.Command.Require(), out var manifest)
                    ? manifest
                    : reference.Command
            ).ToProto(),
            Lease = reference.Lease,
            Wait = reference.Wait.ToProto(),
        };
        if (reference.Pipeline is { } pipeline)
            proto.Pipeline = pipeline.ToProto();
        if (reference.Stage is { } stage)
            proto.Stage = stage.ToProto();
        if (reference.Source is { } source)
            proto.Source = source.ToProto();
        if (reference.CorrelationId is { } id)
            proto.CorrelationId = id.ToProto();
        return proto;
    }

    public static CommandReference FromProto(this Proto.CommandReference proto)
    {
        var command = proto.Command.FromProto();
        return new(Manifests.ByManifest.TryGetValue(command, out var known) ? known.Type.Name : command)
        {
            Pipeline = proto.HasPipeline ? proto.Pipeline.FromProto() : null,
            Stage = proto.HasStage ? proto.Stage.FromProto() : null,
            Source = proto.HasSource ? proto.Source.FromProto() : null,
            Lease = proto.Lease,
            Wait = proto.Wait.FromProto(),
            CorrelationId = proto.HasCorrelationId ? proto.CorrelationId.FromProto() : null,
        };
    }

    static readonly Dictionary<string, string> ManifestsByName = Manifests
        .ByType.Values.Where(m => typeof(IConveyorMessage).IsAssignableFrom(m.Type))
        .ToDictionary(m => m.Type.Name, m => m.Manifest, StringComparer.Ordinal);
}
