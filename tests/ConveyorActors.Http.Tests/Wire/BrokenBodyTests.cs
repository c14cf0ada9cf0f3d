using ConveyorActors.Http.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace ConveyorActors.Http.Tests.Wire;

/// <summary>What a client is told whose body cannot be read.</summary>
public sealed class BrokenBodyTests
{
    [Fact]
    public void The_rate_that_a_slow_body_must_have_is_named()
    {
        using var services = new ServiceCollection()
            .Configure<KestrelServerOptions>(o => o.Limits.MinRequestBodyDataRate = new(240, TimeSpan.FromSeconds(10)))
            .BuildServiceProvider();

        Assert.Equal(
            "the body arrived at less than 240 bytes a second, after 10 s; it must arrive at that rate or faster",
            BrokenBody.DescribeSlowness(new DefaultHttpContext { RequestServices = services })
        );
    }

    [Fact]
    public void A_server_of_another_kind_has_no_rate_to_name()
    {
        using var services = new ServiceCollection().BuildServiceProvider();

        Assert.Equal(
            "the body arrived more slowly than the server requires; it must arrive faster",
            BrokenBody.DescribeSlowness(new DefaultHttpContext { RequestServices = services })
        );
    }
}
