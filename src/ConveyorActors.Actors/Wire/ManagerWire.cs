using ConveyorActors.Actors.Protocol;

namespace ConveyorActors.Actors.Wire;

/// <summary>
/// Converts messages to a manager. Names and numbers are not validated here: the manager refuses invalid ones.
/// </summary>
static class ManagerWire
{
    public static Proto.ConfigurePipeline ToProto(ConfigurePipeline message) =>
        new() { Pipeline = message.Pipeline.ToProto(), Settings = message.Settings.ToProto() };

    public static ConfigurePipeline FromProto(Proto.ConfigurePipeline proto) =>
        new(proto.Pipeline.FromProto(), proto.Settings.FromProto());

    public static Proto.PlanLimits ToProto(PlanLimits message) =>
        new() { Pipeline = message.Pipeline.ToProto(), Settings = message.Settings.ToProto() };

    public static PlanLimits FromProto(Proto.PlanLimits proto) =>
        new(proto.Pipeline.FromProto(), proto.Settings.FromProto());

    public static Proto.GetGlobalUtilization ToProto(GetGlobalUtilization message) =>
        new() { Pipeline = message.Pipeline.ToProto() };

    public static GetGlobalUtilization FromProto(Proto.GetGlobalUtilization proto) => new(proto.Pipeline.FromProto());

    public static Proto.GetStagesWithData ToProto(GetStagesWithData message) =>
        new() { Pipeline = message.Pipeline.ToProto() };

    public static GetStagesWithData FromProto(Proto.GetStagesWithData proto) => new(proto.Pipeline.FromProto());

    public static Proto.GetSnapshot ToProto(GetSnapshot message) => new() { Pipeline = message.Pipeline.ToProto() };

    public static GetSnapshot FromProto(Proto.GetSnapshot proto) => new(proto.Pipeline.FromProto());

    public static Proto.StopPipeline ToProto(StopPipeline message) =>
        new() { Pipeline = message.Pipeline.ToProto(), Deadline100Ns = message.Deadline.Ticks };

    public static StopPipeline FromProto(Proto.StopPipeline proto) =>
        new(proto.Pipeline.FromProto(), new TimeSpan(proto.Deadline100Ns));

    public static Proto.Flush ToProto(Flush message) => new() { Pipeline = message.Pipeline.ToProto() };

    public static Flush FromProto(Proto.Flush proto) => new(proto.Pipeline.FromProto());

    public static Proto.CancelWait ToProto(CancelWait message)
    {
        var proto = new Proto.CancelWait { Pipeline = message.Pipeline.ToProto(), Wait = message.Wait.ToProto() };
        if (message.Stage is { } stage)
            proto.Stage = stage.ToProto();
        if (message.Source is { } source)
            proto.Source = source.ToProto();
        return proto;
    }

    public static CancelWait FromProto(Proto.CancelWait proto) =>
        new(
            proto.Pipeline.FromProto(),
            proto.HasStage ? proto.Stage.FromProto() : null,
            proto.HasSource ? proto.Source.FromProto() : null,
            proto.Wait.FromProto()
        );

    public static Proto.GetPipelines ToProto(GetPipelines message) => new();

    public static GetPipelines FromProto(Proto.GetPipelines proto) => GetPipelines.Instance;
}
