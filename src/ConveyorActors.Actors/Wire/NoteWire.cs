using ConveyorActors.Actors.Protocol;

namespace ConveyorActors.Actors.Wire;

/// <summary>Notes and positions of sources.</summary>
static class NoteWire
{
    public static Proto.SetNote ToProto(SetNote message) => new() { Pipeline = message.Pipeline.ToProto(), Note = ToProto(message.Note) };

    public static SetNote FromProto(Proto.SetNote proto) => new(proto.Pipeline.FromProto(), FromProto(proto.Note.Required()));

    public static Proto.GetNote ToProto(GetNote message) => new() { Pipeline = message.Pipeline.ToProto(), Key = message.Key.ToProto() };

    public static GetNote FromProto(Proto.GetNote proto) => new(proto.Pipeline.FromProto(), proto.Key.FromProto());

    public static Proto.SetPosition ToProto(SetPosition message) => new()
    {
        Pipeline = message.Pipeline.ToProto(),
        Source = message.ReadSource.ToProto(),
        Position = ToProto(message.Position),
    };

    public static SetPosition FromProto(Proto.SetPosition proto) => new(proto.Pipeline.FromProto(), proto.Source.FromProto(), FromProto(proto.Position.Required()));

    public static Proto.GetPosition ToProto(GetPosition message) => new() { Pipeline = message.Pipeline.ToProto(), Source = message.ReadSource.ToProto() };

    public static GetPosition FromProto(Proto.GetPosition proto) => new(proto.Pipeline.FromProto(), proto.Source.FromProto());

    public static Proto.CompleteWithNote ToProto(CompleteWithNote message) => new()
    {
        Pipeline = message.Pipeline.ToProto(),
        Stage = message.Stage.ToProto(),
        Lease = message.Lease,
        Sequences = LeaseWire.ToProto(message.Sequences),
        Note = ToProto(message.Note),
    };

    public static CompleteWithNote FromProto(Proto.CompleteWithNote proto) => new(
        proto.Pipeline.FromProto(), proto.Stage.FromProto(), proto.Lease, LeaseWire.FromProto(proto.Sequences), FromProto(proto.Note.Required()));

    public static Proto.Noted ToProto(Noted message) => new();

    public static Noted FromProto(Proto.Noted proto) => Noted.Instance;

    public static Proto.NoteIs ToProto(NoteIs message)
    {
        var proto = new Proto.NoteIs();
        if (message.Value is { } value) proto.Value = value.ToProto();
        return proto;
    }

    public static NoteIs FromProto(Proto.NoteIs proto) => new(proto.HasValue ? proto.Value.FromProto() : null);

    public static Proto.PositionIs ToProto(PositionIs message)
    {
        var proto = new Proto.PositionIs();
        if (message.Position is { } position) proto.Position = ToProto(position);
        return proto;
    }

    public static PositionIs FromProto(Proto.PositionIs proto) => new(proto.Position is { } position ? FromProto(position) : null);

    static Proto.Note ToProto(Note? note) => note is null ? throw Field.Missing(nameof(note)) : new() { Key = note.Key.ToProto(), Value = note.Value.ToProto() };

    static Note FromProto(Proto.Note proto) => new(proto.Key.FromProto(), proto.Value.FromProto());

    static Proto.SourcePosition ToProto(SourcePosition position) => new() { Offset = position.Offset, Number = position.Number };

    static SourcePosition FromProto(Proto.SourcePosition proto) => new(proto.Offset, proto.Number);
}
