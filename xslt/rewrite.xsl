<?xml version="1.0" encoding="UTF-8"?>
<!-- SPDX-License-Identifier: GPL-2.0-or-later -->
<!--
	rewrite.xsl - a domain and a plan in, the domain as planned out.

	The source is a domain; the plan is document('virt-claim:plan'), described by
	schemas/plan.rng. Everything that the plan does not name is copied. What a host
	device looks like is said by the sheet of its kind (pci.xsl, mdev.xsl).

	A device of the plan, p:device, has what its element may have as children (its
	parts), in the order in which libvirt prints them, then p:record and p:attribute.
	vc:attributes writes the attributes of the element; vc:child is applied to each part
	and writes one child or none. Both get $in (the element that is there, empty for a
	new one), vc:child also $old (the child of $in that it replaces, empty when there is
	none) and $space (what stands in front of a child so that it is indented). A site's
	sheet overrides these.
-->
<xsl:stylesheet version="1.0"
	xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
	xmlns:p="urn:virt-claim:plan:1"
	xmlns:vc="urn:virt-claim:domain:1"
	exclude-result-prefixes="p vc">

	<xsl:variable name="vc:plan" select="document('virt-claim:plan')/p:plan"/>
	<xsl:variable name="vc:added" select="$vc:plan/p:device[@action = 'add']"/>
	<xsl:variable name="vc:controllers" select="$vc:plan/p:controller[@action = 'add']"/>
	<xsl:variable name="vc:removes" select="boolean($vc:plan/*[@action = 'remove'])"/>
	<xsl:key name="vc:at" match="p:device | p:controller" use="@at"/>

	<!-- Indentation: what stands before a child of domain, of devices, of a device. -->
	<xsl:variable name="vc:space1">
		<xsl:call-template name="vc:space">
			<xsl:with-param name="text" select="/domain/text()[1]"/>
		</xsl:call-template>
	</xsl:variable>
	<xsl:variable name="vc:unit" select="translate($vc:space1, '&#10;', '')"/>
	<xsl:variable name="vc:space2">
		<xsl:choose>
			<xsl:when test="/domain/devices/*">
				<xsl:call-template name="vc:space">
					<xsl:with-param name="text"
						select="/domain/devices[1]/text()[1]"/>
				</xsl:call-template>
			</xsl:when>
			<xsl:otherwise>
				<xsl:value-of select="concat($vc:space1, $vc:unit)"/>
			</xsl:otherwise>
		</xsl:choose>
	</xsl:variable>
	<xsl:variable name="vc:space3">
		<xsl:if test="$vc:space2 != ''">
			<xsl:value-of select="concat($vc:space2, $vc:unit)"/>
		</xsl:if>
	</xsl:variable>

	<!-- The last line of white space, or nothing when it does not begin a line. -->
	<xsl:template name="vc:space">
		<xsl:param name="text"/>
		<xsl:if test="contains($text, '&#10;') and normalize-space($text) = ''">
			<xsl:value-of select="concat('&#10;', translate($text, '&#10;&#13;', ''))"/>
		</xsl:if>
	</xsl:template>

	<xsl:template match="/">
		<xsl:apply-templates select="node()"/>
	</xsl:template>

	<xsl:template match="node()">
		<xsl:copy-of select="."/>
	</xsl:template>

	<xsl:template match="/domain">
		<xsl:variable name="make" select="$vc:plan/@metadata = 'write' and not(metadata)"/>
		<xsl:variable name="head"
			select="generate-id((name | uuid | genid | title | description)[last()])"/>
		<xsl:variable name="tail" select="($vc:controllers or $vc:added) and not(devices)"/>
		<xsl:copy>
			<xsl:copy-of select="@*"/>
			<xsl:if test="$make and $head = ''">
				<xsl:call-template name="vc:metadata"/>
			</xsl:if>
			<xsl:for-each select="node()[not($tail) or position() != last() or normalize-space()]">
				<xsl:apply-templates select="."/>
				<xsl:if test="$make and generate-id() = $head">
					<xsl:call-template name="vc:metadata"/>
				</xsl:if>
			</xsl:for-each>
			<xsl:if test="$tail">
				<xsl:value-of select="$vc:space1"/>
				<devices>
					<xsl:apply-templates select="$vc:controllers" mode="vc:add"/>
					<xsl:apply-templates select="$vc:added" mode="vc:add"/>
					<xsl:value-of select="$vc:space1"/>
				</devices>
				<xsl:if test="$vc:space1 != ''">
					<xsl:text>&#10;</xsl:text>
				</xsl:if>
			</xsl:if>
		</xsl:copy>
	</xsl:template>

	<!-- Metadata -->

	<xsl:template name="vc:metadata">
		<xsl:value-of select="$vc:space1"/>
		<metadata>
			<xsl:call-template name="vc:claims"/>
			<xsl:value-of select="$vc:space1"/>
		</metadata>
	</xsl:template>

	<xsl:template match="/domain/metadata[1]">
		<xsl:choose>
			<xsl:when test="$vc:plan/@metadata = 'keep'">
				<xsl:copy-of select="."/>
			</xsl:when>
			<xsl:otherwise>
				<xsl:copy>
					<xsl:copy-of select="@*"/>
					<xsl:variable name="blank"
						select="node()[last()][self::text()][normalize-space() = '']"/>
					<xsl:for-each select="node()[count(. | $blank) != count($blank)]">
						<xsl:choose>
							<xsl:when test="self::vc:claims"/>
							<xsl:when test="self::text() and normalize-space() = ''
								and following-sibling::node()[1][self::vc:claims]"/>
							<xsl:otherwise>
								<xsl:copy-of select="."/>
							</xsl:otherwise>
						</xsl:choose>
					</xsl:for-each>
					<xsl:if test="$vc:plan/@metadata = 'write'">
						<xsl:call-template name="vc:claims">
							<xsl:with-param name="old" select="vc:claims[1]"/>
						</xsl:call-template>
					</xsl:if>
					<xsl:copy-of select="$blank"/>
					<xsl:if test="not($blank) and not(node()[not(self::vc:claims)])">
						<xsl:value-of select="$vc:space1"/>
					</xsl:if>
				</xsl:copy>
			</xsl:otherwise>
		</xsl:choose>
	</xsl:template>

	<!-- Our element; an existing one keeps its prefix and its own attributes. -->
	<xsl:template name="vc:claims">
		<xsl:param name="old" select="/.."/>
		<xsl:variable name="prefix">
			<xsl:choose>
				<xsl:when test="$old">
					<xsl:value-of select="substring-before(name($old), 'claims')"/>
				</xsl:when>
				<xsl:otherwise>vc:</xsl:otherwise>
			</xsl:choose>
		</xsl:variable>
		<xsl:variable name="space" select="concat($vc:space1, $vc:unit)"/>
		<xsl:value-of select="$space"/>
		<xsl:element name="{$prefix}claims" namespace="urn:virt-claim:domain:1">
			<xsl:copy-of select="$old/@*"/>
			<xsl:for-each select="$vc:plan/p:device[@recorded = 'yes']">
				<xsl:value-of select="$space"/>
				<xsl:value-of select="$vc:unit"/>
				<xsl:element name="{$prefix}device" namespace="urn:virt-claim:domain:1">
					<xsl:copy-of select="p:record/@*"/>
				</xsl:element>
			</xsl:for-each>
			<xsl:for-each select="$vc:plan/p:controller[@recorded = 'yes']">
				<xsl:value-of select="$space"/>
				<xsl:value-of select="$vc:unit"/>
				<xsl:element name="{$prefix}controller" namespace="urn:virt-claim:domain:1">
					<xsl:copy-of select="@type | @index | @model"/>
				</xsl:element>
			</xsl:for-each>
			<xsl:for-each select="$vc:plan/p:place | $vc:plan/p:address">
				<xsl:value-of select="$space"/>
				<xsl:value-of select="$vc:unit"/>
				<xsl:element name="{$prefix}{local-name()}" namespace="urn:virt-claim:domain:1">
					<xsl:copy-of select="@*"/>
				</xsl:element>
			</xsl:for-each>
			<xsl:value-of select="$space"/>
		</xsl:element>
	</xsl:template>

	<!-- Devices -->

	<xsl:template match="/domain/devices[1]">
		<!-- New ones go behind the last hostdev, else behind everything; new controllers
			behind the last controller, else in front of new devices. -->
		<xsl:variable name="behind">
			<xsl:call-template name="vc:place">
				<xsl:with-param name="like" select="hostdev"/>
			</xsl:call-template>
		</xsl:variable>
		<xsl:variable name="controllers-behind">
			<xsl:call-template name="vc:place">
				<xsl:with-param name="like" select="(controller | hostdev[not(../controller)])"/>
			</xsl:call-template>
		</xsl:variable>
		<xsl:copy>
			<xsl:copy-of select="@*"/>
			<xsl:if test="$behind = 0">
				<xsl:apply-templates select="$vc:controllers" mode="vc:add"/>
				<xsl:apply-templates select="$vc:added" mode="vc:add"/>
			</xsl:if>
			<xsl:for-each select="node()">
				<xsl:call-template name="vc:node">
					<xsl:with-param name="at" select="position()"/>
				</xsl:call-template>
				<xsl:if test="position() = $controllers-behind">
					<xsl:apply-templates select="$vc:controllers" mode="vc:add"/>
				</xsl:if>
				<xsl:if test="position() = $behind">
					<xsl:apply-templates select="$vc:added" mode="vc:add"/>
				</xsl:if>
			</xsl:for-each>
			<xsl:if test="($vc:controllers or $vc:added) and not(node())">
				<xsl:value-of select="$vc:space1"/>
			</xsl:if>
		</xsl:copy>
	</xsl:template>

	<!-- Which child of devices is the last one $like that, or the last one at all. -->
	<xsl:template name="vc:place">
		<xsl:param name="like"/>
		<xsl:variable name="last" select="$like[last()]
			| node()[not($like)][not(self::text()) or normalize-space()][last()]"/>
		<xsl:choose>
			<xsl:when test="$last">
				<xsl:value-of select="count($last/preceding-sibling::node()) + 1"/>
			</xsl:when>
			<xsl:otherwise>0</xsl:otherwise>
		</xsl:choose>
	</xsl:template>

	<!-- One child node of devices, which is the $at-th. -->
	<xsl:template name="vc:node">
		<xsl:param name="at"/>
		<xsl:variable name="node" select="."/>
		<xsl:choose>
			<xsl:when test="self::hostdev | self::interface | self::disk | self::controller">
				<xsl:for-each select="$vc:plan">
					<xsl:variable name="device" select="key('vc:at', $at)"/>
					<xsl:apply-templates select="$device" mode="vc:write">
						<xsl:with-param name="in" select="$node"/>
					</xsl:apply-templates>
					<xsl:if test="not($device)">
						<xsl:copy-of select="$node"/>
					</xsl:if>
				</xsl:for-each>
			</xsl:when>
			<xsl:when test="$vc:removes and self::text() and normalize-space() = ''">
				<xsl:for-each select="$vc:plan">
					<xsl:if test="not(key('vc:at', $at + 1)[@action = 'remove'])">
						<xsl:copy-of select="$node"/>
					</xsl:if>
				</xsl:for-each>
			</xsl:when>
			<xsl:otherwise>
				<xsl:apply-templates select="."/>
			</xsl:otherwise>
		</xsl:choose>
	</xsl:template>

	<xsl:template match="p:device" mode="vc:add">
		<xsl:value-of select="$vc:space2"/>
		<xsl:element name="{@element}">
			<xsl:apply-templates select="." mode="vc:content">
				<xsl:with-param name="space" select="string($vc:space3)"/>
				<xsl:with-param name="close" select="string($vc:space2)"/>
			</xsl:apply-templates>
		</xsl:element>
	</xsl:template>

	<!-- One device that is there: in place. -->
	<xsl:template match="p:device" mode="vc:write">
		<xsl:param name="in"/>
		<xsl:variable name="device" select="."/>
		<xsl:variable name="space">
			<xsl:call-template name="vc:space">
				<xsl:with-param name="text" select="$in/text()[1]"/>
			</xsl:call-template>
		</xsl:variable>
		<xsl:variable name="close">
			<xsl:call-template name="vc:space">
				<xsl:with-param name="text" select="$in/node()[last()][self::text()]"/>
			</xsl:call-template>
		</xsl:variable>
		<xsl:for-each select="$in">
			<xsl:copy>
				<xsl:apply-templates select="$device" mode="vc:content">
					<xsl:with-param name="in" select="."/>
					<xsl:with-param name="space" select="string($space)"/>
					<xsl:with-param name="close" select="string($close)"/>
				</xsl:apply-templates>
			</xsl:copy>
		</xsl:for-each>
	</xsl:template>

	<xsl:template match="*[@action = 'remove']" mode="vc:write" priority="1"/>

	<xsl:template match="p:controller" mode="vc:write">
		<xsl:param name="in"/>
		<xsl:copy-of select="$in"/>
	</xsl:template>

	<xsl:template match="p:controller" mode="vc:add">
		<xsl:value-of select="$vc:space2"/>
		<controller type="{@type}" index="{@index}" model="{@model}">
			<xsl:for-each select="p:target">
				<xsl:value-of select="$vc:space3"/>
				<target>
					<xsl:copy-of select="@*"/>
					<xsl:for-each select="p:node">
						<node>
							<xsl:value-of select="."/>
						</node>
					</xsl:for-each>
				</target>
			</xsl:for-each>
			<xsl:for-each select="p:address">
				<xsl:value-of select="$vc:space3"/>
				<address>
					<xsl:copy-of select="@*"/>
				</address>
			</xsl:for-each>
			<xsl:if test="*">
				<xsl:value-of select="$vc:space2"/>
			</xsl:if>
		</controller>
	</xsl:template>

	<xsl:template match="p:device[@action = 'unbind']" mode="vc:write">
		<xsl:param name="in"/>
		<xsl:variable name="keep" select="@keepAlias = 'yes'"/>
		<xsl:for-each select="$in">
			<xsl:copy>
				<xsl:copy-of select="@*"/>
				<xsl:copy-of select="node()[$keep or not(self::alias
					or self::text()[normalize-space() = '']
					/following-sibling::node()[1][self::alias])]"/>
			</xsl:copy>
		</xsl:for-each>
	</xsl:template>

	<!-- Children that are there stay in their places. A new one stands before the next of
	     the plan's parts that is there: libxml2 takes the children of one group of
	     libvirt's schema for valid only when nothing else is between them. -->
	<xsl:template match="p:device" mode="vc:content">
		<xsl:param name="in" select="/.."/>
		<xsl:param name="space"/>
		<xsl:param name="close"/>
		<xsl:variable name="parts" select="p:record/preceding-sibling::*"/>
		<xsl:variable name="names">
			<xsl:text>|</xsl:text>
			<xsl:for-each select="$in/*[namespace-uri() = '']">
				<xsl:value-of select="concat(name(), '|')"/>
			</xsl:for-each>
		</xsl:variable>
		<xsl:apply-templates select="." mode="vc:attributes">
			<xsl:with-param name="in" select="$in"/>
		</xsl:apply-templates>
		<xsl:for-each select="$in/node()[not(self::text()) or normalize-space()]">
			<xsl:variable name="old" select="."/>
			<xsl:variable name="name" select="name(self::*[namespace-uri() = ''])"/>
			<xsl:variable name="part" select="$parts[local-name() = $name]"/>
			<xsl:apply-templates select="$part/preceding-sibling::*[1]" mode="vc:new">
				<xsl:with-param name="in" select="$in"/>
				<xsl:with-param name="names" select="$names"/>
				<xsl:with-param name="space" select="$space"/>
			</xsl:apply-templates>
			<xsl:apply-templates select="$part" mode="vc:child">
				<xsl:with-param name="in" select="$in"/>
				<xsl:with-param name="old" select="$old"/>
				<xsl:with-param name="space" select="$space"/>
			</xsl:apply-templates>
			<xsl:if test="not($part)">
				<xsl:if test="not(self::text())">
					<xsl:value-of select="$space"/>
				</xsl:if>
				<xsl:copy-of select="."/>
			</xsl:if>
		</xsl:for-each>
		<xsl:apply-templates select="$parts[last()]" mode="vc:new">
			<xsl:with-param name="in" select="$in"/>
			<xsl:with-param name="names" select="$names"/>
			<xsl:with-param name="space" select="$space"/>
		</xsl:apply-templates>
		<xsl:value-of select="$close"/>
	</xsl:template>

	<!-- This part and those right before it, as far as they are not there yet. -->
	<xsl:template match="p:device/*" mode="vc:new">
		<xsl:param name="in"/>
		<xsl:param name="names"/>
		<xsl:param name="space"/>
		<xsl:if test="not(contains($names, concat('|', local-name(), '|')))">
			<xsl:apply-templates select="preceding-sibling::*[1]" mode="vc:new">
				<xsl:with-param name="in" select="$in"/>
				<xsl:with-param name="names" select="$names"/>
				<xsl:with-param name="space" select="$space"/>
			</xsl:apply-templates>
			<xsl:apply-templates select="." mode="vc:child">
				<xsl:with-param name="in" select="$in"/>
				<xsl:with-param name="space" select="$space"/>
			</xsl:apply-templates>
		</xsl:if>
	</xsl:template>

	<!-- What is there stays, unless the plan, a kind or a site says otherwise. -->

	<xsl:template match="p:device" mode="vc:attributes">
		<xsl:param name="in"/>
		<xsl:copy-of select="$in/@*"/>
	</xsl:template>

	<xsl:template match="p:device/*" mode="vc:child" priority="-1">
		<xsl:param name="old" select="/.."/>
		<xsl:param name="space"/>
		<xsl:if test="$old or @*">
			<xsl:value-of select="$space"/>
		</xsl:if>
		<xsl:choose>
			<xsl:when test="@*">
				<xsl:element name="{local-name()}">
					<xsl:copy-of select="$old/@*"/>
					<xsl:copy-of select="@*"/>
					<xsl:copy-of select="$old/node()"/>
				</xsl:element>
			</xsl:when>
			<xsl:otherwise>
				<xsl:copy-of select="$old"/>
			</xsl:otherwise>
		</xsl:choose>
	</xsl:template>

	<xsl:template match="p:device/p:alias[@name]" mode="vc:child">
		<xsl:param name="space"/>
		<xsl:value-of select="$space"/>
		<alias name="{@name}"/>
	</xsl:template>

	<!-- Elements that say something by being there. -->
	<xsl:template mode="vc:child"
		match="p:device/p:readonly[@set] | p:device/p:shareable[@set]">
		<xsl:param name="space"/>
		<xsl:if test="@set = 'yes'">
			<xsl:value-of select="$space"/>
			<xsl:element name="{local-name()}"/>
		</xsl:if>
	</xsl:template>

	<!-- In place only the host address changes; anything else of <source> stays. -->
	<xsl:template match="p:device[@write = 'yes']/p:source" mode="vc:child">
		<xsl:param name="in" select="/.."/>
		<xsl:param name="old" select="/.."/>
		<xsl:param name="space"/>
		<xsl:variable name="source" select="."/>
		<xsl:variable name="same" select="$old[$in/@type = $source/../@type
			and (address or not($source/p:address))]"/>
		<xsl:value-of select="$space"/>
		<source>
			<xsl:copy-of select="$same/@*"/>
			<xsl:copy-of select="@*"/>
			<xsl:for-each select="$same/node()">
				<xsl:choose>
					<xsl:when test="self::address">
						<address>
							<xsl:copy-of select="@*"/>
							<xsl:copy-of select="$source/p:address/@*"/>
							<xsl:copy-of select="node()"/>
						</address>
					</xsl:when>
					<xsl:otherwise>
						<xsl:copy-of select="."/>
					</xsl:otherwise>
				</xsl:choose>
			</xsl:for-each>
			<xsl:if test="not($same)">
				<xsl:call-template name="vc:children">
					<xsl:with-param name="space" select="$space"/>
				</xsl:call-template>
			</xsl:if>
		</source>
	</xsl:template>

	<!-- Children of a part of the plan, as elements of the domain. -->
	<xsl:template name="vc:children">
		<xsl:param name="space"/>
		<xsl:for-each select="*">
			<xsl:if test="$space != ''">
				<xsl:value-of select="concat($space, $vc:unit)"/>
			</xsl:if>
			<xsl:element name="{local-name()}">
				<xsl:copy-of select="@*"/>
			</xsl:element>
		</xsl:for-each>
		<xsl:if test="*">
			<xsl:value-of select="$space"/>
		</xsl:if>
	</xsl:template>
</xsl:stylesheet>
